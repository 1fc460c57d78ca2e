//! The OpenAPI document, held against every answer of the API.

use serde_json::{Value, json};

use super::Answer;

pub struct Contract {
    document: Value,
}

impl Contract {
    pub fn new(document: Value) -> Self {
        assert_eq!(document["openapi"], "3.1.0");
        Self { document }
    }

    /// Fails when the answer is not one that the document promises for the request.
    #[track_caller]
    pub fn check(&self, method: &str, path: &str, answer: &Answer) {
        let path = path.split('?').next().unwrap();
        let Some(operation) = self.operation(method, path) else {
            assert!([404, 405].contains(&answer.status), "{method} {path} is not documented");
            return;
        };
        let responses = &operation["responses"];
        let class = format!("{}XX", answer.status / 100);
        let response = [answer.status.to_string(), class].into_iter().find_map(|key| responses.get(key));
        let response =
            response.unwrap_or_else(|| panic!("{method} {path}: {} is not documented", answer.status));
        assert!(!answer.header("X-Request-Id").is_empty(), "{method} {path}: no request id");
        let Some(content) = response.get("content") else {
            assert!(answer.body.is_empty(), "{method} {path}: a body that is not documented");
            return;
        };
        let media_type = answer.header("Content-Type").split(';').next().unwrap().to_owned();
        let schema = &content[&media_type]["schema"];
        assert!(!schema.is_null(), "{method} {path} {}: {media_type} is not documented", answer.status);
        self.check_schema(schema, &answer.json(), &format!("{method} {path} {}", answer.status));
    }

    #[track_caller]
    fn check_schema(&self, schema: &Value, body: &Value, what: &str) {
        let mut root = schema.as_object().unwrap().clone();
        root.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        root.insert("components".into(), self.document["components"].clone());
        let validator = jsonschema::validator_for(&Value::Object(root)).unwrap();
        let faults: Vec<_> = validator.iter_errors(body).map(|error| error.to_string()).collect();
        assert!(faults.is_empty(), "{what}: {faults:?}\n{body}");
    }

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
        && pattern.iter().zip(&path).all(|(part, given)| part.starts_with('{') || part == given)
}
