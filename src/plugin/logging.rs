//! Log lines in hclog's JSON format, which Terraform reads from stderr, filters and prints.
//!
//! Only events from this crate are logged, because libraries can log payloads. Without a level, logging is not
//! installed.
//!
//! Requests are logged with their path, status and size, never with their body. All text is redacted.

use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::time::SystemTime;

use serde_json::{Map, Value as Json};
use time::OffsetDateTime;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::registry::{LookupSpan, Registry};

use super::Environment;
use crate::redact;

/// Terraform splits lines of 64 KiB or more.
const LONGEST_LINE: usize = 60 * 1024;
/// The maximum length of the text of a field, in bytes.
const LONGEST_TEXT: usize = 16 * 1024;
const OWN_CRATE: &str = "provider_salesforce";

/// If the environment sets a level, installs logging to stderr.
pub fn start(environment: &Environment) {
    let level = level(environment);
    if level == LevelFilter::OFF {
        return;
    }
    // Fails only if a subscriber is already installed.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(Hclog { level }));
}

/// The level that the most specific environment variable sets, as in Go plugins.
pub(super) fn level(environment: &Environment) -> LevelFilter {
    let setting = ["TF_LOG_PROVIDER_SALESFORCE", "TF_LOG_PROVIDER", "TF_LOG"]
        .into_iter()
        .find_map(|name| environment.get(name).filter(|value| !value.is_empty()));
    match setting.map(|value| value.to_ascii_uppercase()).as_deref() {
        None | Some("OFF") => LevelFilter::OFF,
        Some("ERROR") => LevelFilter::ERROR,
        Some("WARN") => LevelFilter::WARN,
        Some("INFO") => LevelFilter::INFO,
        Some("DEBUG") => LevelFilter::DEBUG,
        // TRACE, JSON and unknown levels mean TRACE, as in Terraform.
        Some(_) => LevelFilter::TRACE,
    }
}

struct Hclog {
    level: LevelFilter,
}

/// The fields of a span, which its events include.
struct SpanFields(Map<String, Json>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Hclog {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        *metadata.level() <= self.level && is_own(metadata.target())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.level)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            let mut fields = Map::new();
            attributes.record(&mut Fields(&mut fields));
            span.extensions_mut().insert(SpanFields(fields));
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(SpanFields(fields)) = span.extensions_mut().get_mut()
        {
            values.record(&mut Fields(fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Map::new();
        if let Some(scope) = context.event_scope(event) {
            for span in scope.from_root() {
                if let Some(SpanFields(of_span)) = span.extensions().get() {
                    fields.extend(of_span.clone());
                }
            }
        }
        event.record(&mut Fields(&mut fields));
        let line = line(*event.metadata().level(), event.metadata().target(), fields, SystemTime::now());
        // A failed write to stderr cannot be reported.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

fn is_own(target: &str) -> bool {
    target.strip_prefix(OWN_CRATE).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// A log line. Terraform requires `@level`, `@message`, `@module` and `@timestamp` to be strings.
fn line(level: Level, target: &str, mut fields: Map<String, Json>, now: SystemTime) -> String {
    let message = match fields.remove("message") {
        Some(Json::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let module = target.strip_prefix(OWN_CRATE).unwrap_or(target).replace("::", ".");
    fields.retain(|name, value| !name.starts_with('@') && *value != Json::String(String::new()));
    let head = [
        ("@level", level.to_string().to_ascii_lowercase()),
        ("@message", message),
        ("@module", format!("salesforce{module}")),
        ("@timestamp", timestamp(now)),
    ];
    let head: Map<String, Json> =
        head.into_iter().map(|(name, text)| (name.to_owned(), Json::String(text))).collect();
    fields.extend(head.clone());
    let whole = Json::Object(fields).to_string();
    let line = if whole.len() > LONGEST_LINE { Json::Object(head).to_string() } else { whole };
    format!("{line}\n")
}

/// RFC 3339 with exactly six decimals. Terraform treats lines with another format as plain text.
fn timestamp(now: SystemTime) -> String {
    let now = OffsetDateTime::from(now);
    let (hour, minute, second, microsecond) = now.time().as_hms_micro();
    format!("{}T{hour:02}:{minute:02}:{second:02}.{microsecond:06}Z", now.date())
}

/// Collects fields as JSON.
struct Fields<'a>(&'a mut Map<String, Json>);

impl Fields<'_> {
    fn put(&mut self, field: &Field, value: impl Into<Json>) {
        self.0.insert(field.name().to_owned(), value.into());
    }

    fn put_text(&mut self, field: &Field, text: fmt::Arguments<'_>) {
        let mut limited = Limited(String::new());
        if write!(limited, "{text}").is_err() {
            limited.0.push('…');
        }
        self.put(field, redact::log_text(&limited.0, LONGEST_TEXT));
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put_text(field, format_args!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put_text(field, format_args!("{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, value);
    }
}

/// A string with a maximum length.
struct Limited(String);

impl fmt::Write for Limited {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = LONGEST_TEXT.saturating_sub(self.0.len());
        if text.len() <= room {
            self.0.push_str(text);
            return Ok(());
        }
        let end = (0..=room).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        self.0.push_str(text.get(..end).unwrap_or_default());
        Err(fmt::Error)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn with(pairs: &'static [(&'static str, &'static str)]) -> LevelFilter {
        level(&Environment::new(move |name| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        }))
    }

    #[test]
    fn the_most_specific_variable_wins() {
        assert_eq!(with(&[]), LevelFilter::OFF);
        assert_eq!(with(&[("TF_LOG", "info")]), LevelFilter::INFO);
        assert_eq!(with(&[("TF_LOG", "JSON")]), LevelFilter::TRACE);
        assert_eq!(with(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "warn")]), LevelFilter::WARN);
        assert_eq!(
            with(&[("TF_LOG_PROVIDER", "ERROR"), ("TF_LOG_PROVIDER_SALESFORCE", "DEBUG")]),
            LevelFilter::DEBUG
        );
        assert_eq!(with(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER_SALESFORCE", "off")]), LevelFilter::OFF);
    }

    #[test]
    fn a_line_has_the_format_that_terraform_reads() {
        let fields = Map::from_iter([
            ("message".to_owned(), Json::from("deploy \"started\"\n")),
            ("sf_batch_size".to_owned(), Json::from(3)),
            ("@level".to_owned(), Json::from(7)),
            ("tf_resource_type".to_owned(), Json::from("")),
        ]);
        let at = UNIX_EPOCH + Duration::from_micros(1_763_902_539_143_000);
        let line = line(Level::INFO, "provider_salesforce::org::batch", fields, at);
        assert_eq!(
            line,
            "{\"@level\":\"info\",\"@message\":\"deploy \\\"started\\\"\\n\",\"@module\":\"salesforce.org.batch\",\
             \"@timestamp\":\"2025-11-23T12:55:39.143000Z\",\"sf_batch_size\":3}\n"
        );
    }

    #[test]
    fn lines_have_a_maximum_length() {
        let many = (0..100).map(|n| (format!("field_{n}"), Json::from("x".repeat(LONGEST_TEXT))));
        let line = line(Level::INFO, OWN_CRATE, many.collect(), UNIX_EPOCH);
        assert!(line.len() < 64 * 1024);
        assert!(line.contains("\"@timestamp\":\"1970-01-01T00:00:00.000000Z\""));
        let mut limited = Limited(String::new());
        assert!(limited.write_str(&"é".repeat(LONGEST_TEXT)).is_err());
        assert!(limited.0.len() <= LONGEST_TEXT);
    }

    #[test]
    fn fields_are_redacted() {
        use std::sync::{Arc, Mutex};

        /// Records the fields of events instead of writing lines.
        struct Kept(Arc<Mutex<Vec<Map<String, Json>>>>);
        impl<S: Subscriber> Layer<S> for Kept {
            fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
                let mut fields = Map::new();
                event.record(&mut Fields(&mut fields));
                self.0.lock().unwrap().push(fields);
            }
        }

        // Logs are redacted with the secrets of all redactors of the process.
        redact::Redactor::default().learn(&crate::secret::Secret::new("logged-canary-1"));
        let kept = Arc::default();
        let subscriber = Registry::default().with(Kept(Arc::clone(&kept)));
        tracing::subscriber::with_default(subscriber, || {
            let body = r#"{"key":"3MVG9","secret":"canary"}"#;
            tracing::info!(text = "it is logged-canary-1", ?body, "at 00D000000000001!AQcanary.x");
            tracing::info!(%body, many = %format_args!("{}logged-canary-1", "x ".repeat(LONGEST_TEXT / 2 - 4)));
        });
        let lines = kept.lock().unwrap();
        let written: Vec<String> =
            lines.iter().map(|fields| line(Level::INFO, OWN_CRATE, fields.clone(), UNIX_EPOCH)).collect();
        assert_eq!(written.len(), 2);
        for line in written {
            assert!(!line.contains("canary") && !line.contains("logged-"), "{line}");
            assert!(line.ends_with("}\n") && line.matches('\n').count() == 1, "{line}");
        }
    }

    #[test]
    fn only_events_of_this_crate_are_logged() {
        assert!(is_own("provider_salesforce"));
        assert!(is_own("provider_salesforce::org"));
        assert!(!is_own("h2::codec"));
        assert!(!is_own("provider_salesforce_other"));
    }
}
