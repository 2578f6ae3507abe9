//! Work for the processor, off the threads that wait for others.

use super::error::EngineError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Has `work` done by a thread that may take its time; `what` says what it is, should it fail inside. In a runtime of one thread, as
/// simulations have, it is done here: there nobody else waits, and what happens must not hang on when another thread is done.
pub(super) async fn aside<T: Send + 'static>(
    what: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, EngineError> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        return catch_unwind(AssertUnwindSafe(work)).map_err(|_| EngineError::Broken(format!("{what}: it panicked")));
    }
    tokio::task::spawn_blocking(work).await.map_err(|error| EngineError::Broken(format!("{what}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn in_a_runtime_of_one_thread_it_is_done_here() {
        let here = std::thread::current().id();
        assert_eq!(aside("a test", || std::thread::current().id()).await.unwrap(), here);
        let failed = aside::<()>("a test", || panic!("planted")).await;
        assert!(matches!(failed, Err(EngineError::Broken(said)) if said.starts_with("a test: ")));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn in_others_it_is_done_by_a_thread_of_its_own() {
        let here = std::thread::current().id();
        assert_ne!(aside("a test", || std::thread::current().id()).await.unwrap(), here);
        let failed = aside::<()>("a test", || panic!("planted")).await;
        assert!(matches!(failed, Err(EngineError::Broken(said)) if said.starts_with("a test: ")));
    }
}
