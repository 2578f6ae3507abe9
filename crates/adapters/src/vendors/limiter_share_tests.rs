use super::super::tests::{Counting, PLANDAY, Vendor, request, send, shortest};
use super::*;
use crate::domain::capabilities::Quota;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::Mutex;

/// What processes have said: when, and what they have in windows.
type Said = Arc<Mutex<BTreeMap<u32, (Instant, InWindows)>>>;

/// A process at a desk like the workspace's file.
struct Process {
    number: u32,
    said: Said,
}

impl AccountDesk for Process {
    fn call(&self, _: &str, mine: InWindows) -> BoxFuture<'static, Option<Others>> {
        let now = Instant::now();
        let mut said = self.said.lock().unwrap();
        said.insert(self.number, (now, mine));
        let mut others = Others::default();
        for (at, used) in said.iter().filter(|(number, _)| **number != self.number).map(|(_, one)| one) {
            others.callers += u32::from(now - *at < Duration::from_secs(5));
            for (seconds, count) in
                used.iter().filter(|(seconds, _)| now - *at < Duration::from_secs(u64::from(**seconds)))
            {
                *others.used.entry(*seconds).or_default() += count;
            }
        }
        async move { Some(others) }.boxed()
    }
}

/// The limiter of a process, and its desk.
fn process(number: u32, said: &Said, quotas: &[Quota]) -> (Arc<Limiter>, Arc<dyn AccountDesk>) {
    let limiter = Limiter::new(quotas, true);
    let desk: Arc<dyn AccountDesk> = Arc::new(Process { number, said: Arc::clone(said) });
    limiter.share_at(&desk, "account");
    (limiter, desk)
}

#[tokio::test(start_paused = true)]
async fn processes_that_share_an_account_are_refused_nothing_and_use_the_quota_up() {
    for (sends_headers, counting) in [(false, Counting::Fixed), (false, Counting::Sliding), (true, Counting::Fixed)] {
        for (processes, each) in [(2, 1000), (3, 700)] {
            fastrand::seed(7);
            let vendor = Vendor::telling(counting, &PLANDAY, sends_headers);
            let said = Said::default();
            let all: Vec<_> = (0..processes).map(|number| process(number, &said, &PLANDAY)).collect();
            let begun = Instant::now();
            // One after the other, as people start programs.
            let sends = all.iter().enumerate().map(|(at, (limiter, _))| {
                let vendor = &vendor;
                async move {
                    tokio::time::sleep(Duration::from_millis(700 * at as u64)).await;
                    send(limiter, vendor, each, 10, 40).await
                }
            });
            futures_util::future::join_all(sends).await;
            let (served, refused) = vendor.counts();
            assert_eq!(served, processes * each);
            assert!(refused <= served / 200, "{refused} of {served} refused to {processes}, headers {sends_headers}");
            let used = shortest(served) / begun.elapsed().as_secs_f64();
            assert!(used > 0.85, "{processes} processes used only {used} of the quota, headers {sends_headers}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn who_comes_later_takes_only_what_is_left_of_the_minute_and_who_goes_leaves_its_share() {
    let quota = [Quota { requests: 100, seconds: 60 }];
    fastrand::seed(7);
    let vendor = Vendor::telling(Counting::Sliding, &quota, false);
    let said = Said::default();
    let (first, desk) = process(1, &said, &quota);
    send(&first, &vendor, 80, 5, 10).await;
    drop(desk);
    drop(first);
    let (second, _desk) = process(2, &said, &quota);
    let begun = Instant::now();
    send(&second, &vendor, 15, 5, 10).await;
    assert!(begun.elapsed() < Duration::from_secs(10), "there was room for twenty: {:?}", begun.elapsed());
    send(&second, &vendor, 150, 5, 10).await;
    let (served, refused) = vendor.counts();
    assert_eq!(served, 245);
    assert!(refused <= 3, "{refused} refused, though the desk tells of the first, up to its last request or two");
    assert!(begun.elapsed() < Duration::from_secs(135), "alone it has the whole quota: {:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_process_that_pauses_takes_nothing_from_the_others() {
    let said = Said::default();
    let quota = [Quota { requests: 10, seconds: 1 }];
    let vendor = Vendor::telling(Counting::Sliding, &quota, false);
    let (paused, _one) = process(1, &said, &quota);
    let (works, _two) = process(2, &said, &quota);
    request(&paused, &vendor, 2, 4).await;
    let half = send(&works, &vendor, 20, 2, 4).await;
    let whole = send(&works, &vendor, 200, 2, 4).await;
    assert!(half > Duration::from_secs(3), "at first it has half: {half:?}");
    assert!(whole < Duration::from_secs(26), "then all: {whole:?}");
}

#[tokio::test(start_paused = true)]
async fn less_than_a_request_each_goes_by_turns() {
    let quota = [Quota { requests: 1, seconds: 1 }];
    let vendor = Vendor::telling(Counting::Fixed, &quota, false);
    let said = Said::default();
    let all: Vec<_> = (0..3).map(|number| process(number, &said, &quota)).collect();
    let begun = Instant::now();
    futures_util::future::join_all(all.iter().map(|(limiter, _)| send(limiter, &vendor, 20, 2, 4))).await;
    let (served, refused) = vendor.counts();
    assert_eq!(served, 60);
    assert!(refused <= 30, "{refused} refused");
    assert!(begun.elapsed() < Duration::from_secs(110), "{:?}", begun.elapsed());
}

/// Answers nothing, as a file does that somebody else writes for a minute.
struct Silent;

impl AccountDesk for Silent {
    fn call(&self, _: &str, _: InWindows) -> BoxFuture<'static, Option<Others>> {
        std::future::pending().boxed()
    }
}

#[tokio::test(start_paused = true)]
async fn a_desk_that_does_not_answer_holds_nobody_up() {
    let quota = [Quota { requests: 10, seconds: 1 }];
    let vendor = Vendor::new(Counting::Sliding, &quota);
    let limiter = Limiter::new(&quota, true);
    let desk: Arc<dyn AccountDesk> = Arc::new(Silent);
    limiter.share_at(&desk, "account");
    let took = send(&limiter, &vendor, 300, 2, 4).await;
    assert!(took < Duration::from_secs(36), "{took:?}");
}
