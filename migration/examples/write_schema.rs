//! Writes `migration/schema/mysql.sql` and `migration/schema/sqlite.sql`; `make schema` runs it.

use std::{fs, io, path::Path};

use hermes_migration::{Dialect, schema_ddl};

fn main() -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schema");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("mysql.sql"), schema_ddl(Dialect::MySql))?;
    fs::write(folder.join("sqlite.sql"), schema_ddl(Dialect::Sqlite))
}
