//! A configuration, as a test writes it.

use std::path::Path;
use toml::{Table, Value};

/// What goes into a recorder's configuration besides storage, instance and
/// address, which the [`Site`](crate::Site) adds.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    top: Table,
    tables: Vec<(String, String, Value)>,
    cameras: Vec<CameraSetup>,
}

impl Setup {
    /// Segments of one second, synced every second; no cameras.
    pub fn new() -> Self {
        Self::default().key("segment_seconds", 1).table("recorder", "sync_seconds", 1)
    }

    /// A key outside of all tables.
    pub fn key(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.top.insert(key.into(), value.into());
        self
    }

    /// A key of a table: `.table("recorder", "stall_seconds", 2)`,
    /// `.table("recorder.disk", "policy", "stop")`.
    pub fn table(mut self, table: &str, key: &str, value: impl Into<Value>) -> Self {
        self.tables.push((table.into(), key.into(), value.into()));
        self
    }

    /// A camera with nothing but id and URL.
    pub fn camera(self, id: &str, url: impl Into<String>) -> Self {
        self.with(CameraSetup::new(id, url))
    }

    /// A camera.
    pub fn with(mut self, camera: CameraSetup) -> Self {
        self.cameras.push(camera);
        self
    }

    /// The file's text.
    pub(crate) fn text(&self, storage: &Path, instance: &str, bind: &str) -> String {
        let mut top = self.top.clone();
        let storage = storage.to_string_lossy().into_owned();
        top.entry("storage").or_insert(storage.into());
        let given = [("recorder", "instance", instance), ("recorder", "bind", bind)];
        let given = given.map(|(t, k, v)| (t.to_owned(), k.to_owned(), Value::from(v)));
        for (table, key, value) in given.iter().chain(&self.tables) {
            let mut place = &mut top;
            for part in table.split('.') {
                let found = place.entry(part).or_insert(Value::Table(Table::new()));
                place = found.as_table_mut().expect("a table of the configuration");
            }
            place.insert(key.clone(), value.clone());
        }
        let cameras = self.cameras.iter().map(|c| Value::Table(c.0.clone())).collect();
        top.insert("camera".into(), Value::Array(cameras));
        toml::to_string(&top).expect("a table is always TOML")
    }
}

/// One `[[camera]]`.
#[derive(Debug, Clone)]
pub struct CameraSetup(Table);

impl CameraSetup {
    /// Id and URL.
    pub fn new(id: &str, url: impl Into<String>) -> Self {
        Self(Table::new()).key("id", id).key("url", url.into())
    }

    /// A further key.
    pub fn key(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.0.insert(key.into(), value.into());
        self
    }

    /// Read by GStreamer's rtspsrc over `transport` (`"tcp"` or `"udp"`).
    pub fn gstreamer(self, transport: &str) -> Self {
        self.key("source", "gstreamer").key("transport", transport)
    }
}
