//! Which certificates an `rtsps` session trusts.

use super::SourceOptions;
use gstreamer as gst;
use gstreamer::prelude::*;

/// Sets the trust of an rtspsrc. Without settings the system decides.
pub(super) fn set_up(
    source: &gst::Element,
    options: &SourceOptions,
) -> Result<(), gst::glib::BoolError> {
    if !options.address.is_tls() {
        return Ok(());
    }
    if options.tls_insecure {
        let none = source
            .find_property("tls-validation-flags")
            .and_then(|p| gst::glib::FlagsClass::with_type(p.value_type()))
            .and_then(|class| class.builder().build())
            .ok_or_else(|| gst::glib::bool_error!("rtspsrc has no tls-validation-flags"))?;
        source.set_property_from_value("tls-validation-flags", &none);
    }
    if let Some(file) = &options.tls_ca_file {
        let database = gio::TlsFileDatabase::new(file)
            .map_err(|e| gst::glib::bool_error!("cannot read {}: {e}", file.display()))?;
        source.set_property("tls-database", &database);
    }
    Ok(())
}
