//! Reports of panics: a line that Terraform recognizes, and a backtrace. Not here: the diagnostic (`calls`).

use std::any::Any;
use std::backtrace::Backtrace;
use std::io::Write as _;
use std::panic::PanicHookInfo;

use crate::redact;

/// Reports panics in the format that Terraform parses on stderr: a line that starts with `panic: `, and the lines after
/// it.
pub fn report_to_terraform() {
    std::panic::set_hook(Box::new(|panic| {
        let report = report(panic, &Backtrace::force_capture());
        // A single write, so that log lines from other threads are not mixed in. A failure cannot be reported.
        let _ = std::io::stderr().lock().write_all(report.as_bytes());
    }));
}

fn report(panic: &PanicHookInfo<'_>, backtrace: &Backtrace) -> String {
    let message = message(panic.payload());
    let place = panic.location().map(|location| location.to_string()).unwrap_or_default();
    let thread = std::thread::current();
    format!(
        "panic: {message}\n\nterraform-provider-salesforce {}, thread {:?}, {place}:\n{backtrace}\n",
        env!("CARGO_PKG_VERSION"),
        thread.name().unwrap_or_default(),
    )
}

/// The longest panic message shown.
const LONGEST_TEXT: usize = 4 * 1024;

/// The panic message on one line, redacted because panics in the standard library can quote values.
pub fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    redact::log_text(text, LONGEST_TEXT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line() {
        assert_eq!(message(&"a\nb"), "a b");
        assert_eq!(message(&"c".to_owned()), "c");
        assert_eq!(message(&7), "no message");
    }

    #[test]
    fn a_message_contains_no_secret() {
        let quoted = "byte index 3 is not a char boundary; it is inside 'é' of `client_secret=canary`";
        assert!(!message(&quoted).contains("canary"));
        let token = "assertion failed: \"00D000000000001!AQcanary.x\" == \"\"".to_owned();
        assert!(!message(&token).contains("canary"));
    }
}
