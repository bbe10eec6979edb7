//! Records the error after which a request is retried, so that a caller whose timeout expires first can report the
//! error.

use std::sync::{Arc, Mutex};

use super::Error;
use crate::lock::lock;

tokio::task_local! {
    /// The callers for which this task sends requests.
    static CALLERS: Vec<RetriedError>;
}

/// The error after which the current request of a caller is retried. Clones share the error.
#[derive(Clone, Debug, Default)]
pub struct RetriedError(Arc<Mutex<Option<Arc<Error>>>>);

impl RetriedError {
    pub fn get(&self) -> Option<Arc<Error>> {
        lock(&self.0).clone()
    }

    fn set(&self, error: Option<Arc<Error>>) {
        *lock(&self.0) = error;
    }

    /// Sends requests for this caller, in addition to the callers of the current task.
    pub fn follow<T>(&self, requests: impl Future<Output = T>) -> impl Future<Output = T> {
        let mut callers = RetriedError::callers();
        callers.push(self.clone());
        RetriedError::follow_all(callers, requests)
    }

    /// Sends requests for these callers, usually in another task.
    pub fn follow_all<T>(
        callers: Vec<RetriedError>,
        requests: impl Future<Output = T>,
    ) -> impl Future<Output = T> {
        // Boxed, because nested scopes would otherwise multiply the size of the future on the stack.
        CALLERS.scope(callers, Box::pin(requests))
    }

    /// The callers for which the current task sends requests.
    pub fn callers() -> Vec<RetriedError> {
        CALLERS.try_with(Clone::clone).unwrap_or_default()
    }
}

/// Records, for all callers of the current request, the error after which the request is retried. `None` removes the
/// error.
pub(super) fn note(error: Option<&Error>) {
    let error = error.cloned().map(Arc::new);
    let _ = CALLERS.try_with(|callers| callers.iter().for_each(|caller| caller.set(error.clone())));
}

/// A request that is retried until its caller gives up.
#[cfg(test)]
pub async fn retry_for_ever<T>(error: Error) -> T {
    note(Some(&error));
    std::future::pending().await
}
