//! Checks responses against the OpenAPI document.

use serde_json::{Value, json};

use super::Response;

pub struct OpenApiContract {
    document: Value,
}

impl OpenApiContract {
    pub fn new(document: Value) -> Self {
        assert_eq!(document["openapi"], "3.1.0");
        Self { document }
    }

    /// Panics if the document does not allow the response to the request.
    #[track_caller]
    pub fn check(&self, method: &str, path: &str, response: &Response) {
        let path = path.split('?').next().unwrap();
        let Some(operation) = self.operation(method, path) else {
            assert!([404, 405].contains(&response.status), "{method} {path} is not documented");
            return;
        };
        let class = format!("{}XX", response.status / 100);
        let documented =
            [response.status.to_string(), class].into_iter().find_map(|key| operation["responses"].get(key));
        let documented =
            documented.unwrap_or_else(|| panic!("{method} {path}: {} is not documented", response.status));
        assert!(!response.header("X-Request-Id").is_empty(), "{method} {path}: no request id");
        let Some(content) = documented.get("content") else {
            assert!(response.body.is_empty(), "{method} {path}: undocumented body");
            return;
        };
        let media_type = response.header("Content-Type").split(';').next().unwrap().to_owned();
        let schema = &content[&media_type]["schema"];
        assert!(!schema.is_null(), "{method} {path} {}: {media_type} is not documented", response.status);
        self.check_schema(schema, &response.json(), &format!("{method} {path} {}", response.status));
    }

    #[track_caller]
    fn check_schema(&self, schema: &Value, body: &Value, request: &str) {
        let mut root = schema.as_object().unwrap().clone();
        root.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        root.insert("components".into(), self.document["components"].clone());
        let validator = jsonschema::validator_for(&Value::Object(root)).unwrap();
        let errors: Vec<_> = validator.iter_errors(body).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{request}: {errors:?}\n{body}");
    }

    /// Returns the operation whose path pattern matches with the fewest parameters.
    fn operation(&self, method: &str, path: &str) -> Option<&Value> {
        let paths = self.document["paths"].as_object()?;
        let (_, item) = paths
            .iter()
            .filter(|(pattern, _)| matches(pattern, path))
            .min_by_key(|(pattern, _)| pattern.matches('{').count())?;
        item.get(method.to_lowercase())
    }
}

fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len()
        && pattern.iter().zip(&path).all(|(expected, part)| expected.starts_with('{') || expected == part)
}
