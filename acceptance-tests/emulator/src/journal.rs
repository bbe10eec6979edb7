//! Records every request: the call, the caller and the result. Bodies and tokens are not recorded.

use serde::Serialize;
use serde_json::Value;

#[derive(Debug, Clone, Serialize)]
pub struct Entry {
    pub seq: u64,
    pub time: String,
    /// The SOAP method or the name of the route.
    pub operation: String,
    pub method: String,
    pub path: String,
    #[serde(rename = "apiVersion")]
    pub api_version: Option<u32>,
    pub status: u16,
    /// The sizes of the request body and the response body.
    #[serde(rename = "bytesIn")]
    pub bytes_in: usize,
    #[serde(rename = "bytesOut")]
    pub bytes_out: usize,
    pub user: Option<String>,
    pub client: String,
    #[serde(rename = "userAgent")]
    pub user_agent: Option<String>,
    /// The planned fault that was applied.
    pub fault: Option<String>,
    pub details: Value,
}

#[derive(Debug, Default)]
pub struct Journal {
    entries: Vec<Entry>,
    count: u64,
    file: Option<std::fs::File>,
}

impl Journal {
    pub fn new(file: Option<std::fs::File>) -> Journal {
        Journal { entries: Vec::new(), count: 0, file }
    }

    pub fn add(&mut self, mut entry: Entry) {
        use std::io::Write;
        self.count += 1;
        entry.seq = self.count;
        if let Some(file) = &mut self.file
            && let Ok(line) = serde_json::to_string(&entry)
        {
            // Errors are ignored: the journal in memory is authoritative.
            let _ = writeln!(file, "{line}");
        }
        self.entries.push(entry);
    }

    pub fn clear(&mut self) {
        self.entries.clear();
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}
