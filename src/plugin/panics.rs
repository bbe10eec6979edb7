//! What users and Terraform get to see of a panic: a line that Terraform recognises, a backtrace, and (from
//! `service`) one diagnostic.

use std::any::Any;
use std::backtrace::Backtrace;
use std::io::Write as _;
use std::panic::PanicHookInfo;

use crate::redact;

/// From now on a panic is reported in the form that Terraform looks for on stderr: a line starting `panic: `,
/// and what follows it.
pub fn report_to_terraform() {
    std::panic::set_hook(Box::new(|panic| {
        let report = report(panic, &Backtrace::force_capture());
        // One write, so that log lines of other threads do not land inside. Nobody is left to tell of a failure.
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

/// Longest text of a panic that is shown.
const LONGEST_TEXT: usize = 4 * 1024;

/// The text that somebody panicked with, on one line. The standard library's panics quote texts that they could not cut.
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
    fn a_message_has_no_secret() {
        let quoted = "byte index 3 is not a char boundary; it is inside 'é' of `client_secret=canary`";
        assert!(!message(&quoted).contains("canary"));
        let token = "assertion failed: \"00D000000000001!AQcanary.x\" == \"\"".to_owned();
        assert!(!message(&token).contains("canary"));
    }
}
