use std::{fs, path::Path};

use hermes_migration::{Dialect, schema_ddl};

#[test]
fn the_schema_files_match_the_steps() {
    for (name, dialect) in [("mysql.sql", Dialect::MySql), ("sqlite.sql", Dialect::Sqlite)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema").join(name);
        let current = fs::read_to_string(&path).unwrap_or_default() == schema_ddl(dialect);
        assert!(
            current,
            "migration/schema/{name} differs from the steps: run `make schema` and commit the file"
        );
    }
}
