//! How rows are written: to which database, and where they wait while it is away.

use hitless_config::Config;
use hitless_schema::DatabaseUrl;
use hitless_schema::writer::WriterOptions;

/// By the configuration.
pub(super) fn writer_options(config: &Config) -> anyhow::Result<WriterOptions> {
    let url = DatabaseUrl::parse(config.database.expose_url().expose())?;
    let spool = config.storage.join(".hitless/spool").join(config.recorder.instance.as_str());
    let mut options = WriterOptions::new(url, spool);
    options.spool_limit_bytes = config.recorder.spool_bytes;
    Ok(options)
}
