use super::*;
use futures_util::StreamExt;

pub(super) const PLANDAY: [Quota; 2] = [Quota { requests: 20, seconds: 1 }, Quota { requests: 750, seconds: 60 }];

fn seconds(seconds: u32) -> Duration {
    Duration::from_secs(u64::from(seconds))
}

/// How a vendor counts.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Counting {
    /// Windows that begin with the first call after the one before has ended.
    Fixed,
    /// Any stretch of time of the length.
    Sliding,
}

/// A vendor that keeps these quotas.
pub(super) struct Vendor {
    counting: Counting,
    quotas: Vec<Quota>,
    times: Mutex<Vec<(Instant, VecDeque<Instant>)>>,
    served: Mutex<u32>,
    refused: Mutex<u32>,
    sends_headers: bool,
}

impl Vendor {
    pub(super) fn new(counting: Counting, quotas: &[Quota]) -> Arc<Self> {
        Self::telling(counting, quotas, true)
    }

    pub(super) fn telling(counting: Counting, quotas: &[Quota], sends_headers: bool) -> Arc<Self> {
        let now = Instant::now();
        Arc::new(Self {
            counting,
            quotas: quotas.to_vec(),
            times: Mutex::new(quotas.iter().map(|_| (now, VecDeque::new())).collect()),
            served: Mutex::new(0),
            refused: Mutex::new(0),
            sends_headers,
        })
    }

    fn call(&self) -> (bool, RateHeaders) {
        let now = Instant::now();
        let mut windows = self.times.lock().unwrap();
        for (quota, (begun, calls)) in self.quotas.iter().zip(windows.iter_mut()) {
            let length = seconds(quota.seconds);
            match self.counting {
                Counting::Fixed if now - *begun >= length => {
                    *begun = now;
                    calls.clear();
                }
                Counting::Fixed => {}
                Counting::Sliding => {
                    while calls.front().is_some_and(|first| now - *first >= length) {
                        calls.pop_front();
                    }
                    *begun = calls.front().copied().unwrap_or(now);
                }
            }
        }
        let left = |(quota, (_, calls)): (&Quota, &(Instant, VecDeque<Instant>))| {
            quota.requests.saturating_sub(u32::try_from(calls.len()).unwrap())
        };
        let allowed = self.quotas.iter().zip(windows.iter()).all(|pair| left(pair) > 0);
        if allowed {
            windows.iter_mut().for_each(|(_, calls)| calls.push_back(now));
            *self.served.lock().unwrap() += 1;
        } else {
            *self.refused.lock().unwrap() += 1;
        }
        let (quota, (begun, _)) = self.quotas.iter().zip(windows.iter()).min_by_key(|pair| left(*pair)).unwrap();
        let reset = (seconds(quota.seconds) - (now - *begun)).as_secs_f64().ceil().max(1.0);
        let remaining = self.quotas.iter().zip(windows.iter()).map(left).min();
        let headers =
            RateHeaders { policies: self.quotas.clone(), remaining, reset: Some(Duration::from_secs_f64(reset)) };
        (allowed, if self.sends_headers { headers } else { RateHeaders::default() })
    }

    pub(super) fn counts(&self) -> (u32, u32) {
        (*self.served.lock().unwrap(), *self.refused.lock().unwrap())
    }
}

/// One request until it is served, over a way that takes between `least` and `most` in all.
pub(super) async fn request(limiter: &Arc<Limiter>, vendor: &Vendor, least: u64, most: u64) {
    loop {
        let turn = limiter.turn(|_| {}).await;
        let half = |range: std::ops::RangeInclusive<u64>| Duration::from_micros(fastrand::u64(range));
        tokio::time::sleep(half(least * 500..=most * 500)).await;
        let (allowed, headers) = vendor.call();
        tokio::time::sleep(half(least * 500..=most * 500)).await;
        turn.answered(&headers);
        if allowed {
            return;
        }
        limiter.refused(headers.reset.unwrap_or(Duration::from_secs(1)));
    }
}

/// Sends a number of requests, 16 at once; how long it took.
pub(super) async fn send(limiter: &Arc<Limiter>, vendor: &Vendor, count: u32, least: u64, most: u64) -> Duration {
    let begun = Instant::now();
    futures_util::stream::iter(0..count)
        .map(|_| request(limiter, vendor, least, most))
        .buffer_unordered(16)
        .collect::<Vec<()>>()
        .await;
    begun.elapsed()
}

/// The shortest time in which a number of requests fits into both quotas of Planday's.
pub(super) fn shortest(count: u32) -> f64 {
    f64::from((count - 1) / 750 * 60) + f64::from((count - 1) % 750 + 1) / 20.0
}

#[tokio::test(start_paused = true)]
async fn both_quotas_are_used_to_95_percent_and_nothing_is_refused() {
    for counting in [Counting::Fixed, Counting::Sliding] {
        for (least, most) in [(1, 4), (80, 120), (20, 60)] {
            for count in [613, 2000] {
                fastrand::seed(7);
                let vendor = Vendor::new(counting, &PLANDAY);
                let took = send(&Limiter::new(&PLANDAY, true), &vendor, count, least, most).await.as_secs_f64();
                let (served, refused) = vendor.counts();
                assert_eq!(served, count);
                assert!(refused * 100 <= count, "{refused} of {count} refused, {least} to {most} ms");
                assert!(shortest(count) / took >= 0.95, "{count} took {took} s, {least} to {most} ms");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_process_has_used_is_learnt_from_the_headers() {
    let vendor = Vendor::new(Counting::Fixed, &PLANDAY);
    send(&Limiter::new(&PLANDAY, true), &vendor, 700, 2, 5).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let took = send(&Limiter::new(&PLANDAY, true), &vendor, 300, 2, 5).await;
    let (served, refused) = vendor.counts();
    assert_eq!(served, 1000);
    assert!(refused <= 3, "{refused} refused");
    assert!(took < Duration::from_secs(45), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn two_processes_share_a_quota() {
    for sends_headers in [true, false] {
        // How long answers take is drawn by lot.
        fastrand::seed(7);
        let vendor = Vendor::telling(Counting::Fixed, &PLANDAY, sends_headers);
        let begun = Instant::now();
        let (one, two) = (Limiter::new(&PLANDAY, true), Limiter::new(&PLANDAY, true));
        tokio::join!(send(&one, &vendor, 1000, 10, 40), send(&two, &vendor, 1000, 10, 40));
        let (served, refused) = vendor.counts();
        assert_eq!(served, 2000);
        assert!(refused < 60, "{refused} refused, headers {sends_headers}");
        let used = shortest(2000) / begun.elapsed().as_secs_f64();
        assert!(used > 0.8, "only {used} of the quota was used, headers {sends_headers}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_tighter_quota_in_the_headers_is_obeyed_unless_the_operator_knows_better() {
    let tight = [Quota { requests: 5, seconds: 1 }, Quota { requests: 0, seconds: 1 }];
    let headers = RateHeaders { policies: tight.to_vec(), ..RateHeaders::default() };
    for (listens, most) in [(true, Duration::from_secs(30)), (false, Duration::from_secs(6))] {
        let limiter = Limiter::new(&PLANDAY, listens);
        limiter.turn(|_| {}).await.answered(&headers);
        let begun = Instant::now();
        for _ in 0..100 {
            limiter.turn(|_| {}).await.answered(&headers);
        }
        assert!(begun.elapsed() < most && begun.elapsed() > most / 2, "{:?}", begun.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_holds_everybody_and_is_told_by_nobody_twice() {
    let limiter = Limiter::new(&PLANDAY, true);
    limiter.refused(Duration::from_secs(33));
    let begun = Instant::now();
    let mut told = Vec::new();
    limiter.turn(|wait| told.push(wait)).await.answered(&RateHeaders::default());
    assert_eq!((begun.elapsed(), told.len()), (Duration::from_secs(33), 0));
    limiter.refused(Duration::MAX);
    let wait = tokio::time::timeout(seconds(LONGEST) + Duration::from_secs(1), limiter.turn(|_| {})).await;
    assert!(wait.is_ok(), "no wait is endless");
}

#[tokio::test(start_paused = true)]
async fn dropped_futures_leave_the_queue_to_others() {
    let limiter = Limiter::new(&[Quota { requests: 2, seconds: 1 }], true);
    let held: Vec<Turn> = vec![limiter.turn(|_| {}).await, limiter.turn(|_| {}).await];
    // Both slots are in flight: this one waits for an answer and is dropped while it holds the place at the front.
    let waits = tokio::time::timeout(Duration::from_secs(5), limiter.turn(|_| {})).await;
    assert!(waits.is_err());
    drop(held);
    let begun = Instant::now();
    limiter.turn(|_| {}).await.answered(&RateHeaders::default());
    assert!(begun.elapsed() > Duration::from_millis(900), "a request that was dropped may have been counted");
    // Dropped at any moment, over and over: the next one comes through all the same.
    for wait in 1..200 {
        let _ = tokio::time::timeout(Duration::from_millis(wait * 7 % 90), limiter.turn(|_| {})).await;
    }
    let begun = Instant::now();
    limiter.turn(|_| {}).await.answered(&RateHeaders::default());
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test(start_paused = true)]
async fn clients_of_one_account_count_together() {
    let quota = [Quota { requests: 10, seconds: 60 }];
    for _ in 0..10 {
        Limiter::of_account("test://limiter one", &quota, true).turn(|_| {}).await.answered(&RateHeaders::default());
    }
    let mut told = Vec::new();
    let again = Limiter::of_account("test://limiter one", &quota, true);
    again.turn(|wait| told.push(wait)).await.answered(&RateHeaders::default());
    assert!(told.first().is_some_and(|wait| *wait > Duration::from_secs(50)), "{told:?}");
    let other = Limiter::of_account("test://limiter two", &quota, true);
    let begun = Instant::now();
    other.turn(|_| {}).await.answered(&RateHeaders::default());
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn no_quota_makes_it_stand_still_or_panic() {
    let odd = [
        vec![],
        vec![Quota { requests: 0, seconds: 0 }],
        vec![Quota { requests: u32::MAX, seconds: u32::MAX }],
        vec![Quota { requests: 1, seconds: 1 }, Quota { requests: u32::MAX, seconds: 1 }],
    ];
    for quotas in odd {
        let limiter = Limiter::new(&quotas, true);
        let headers = RateHeaders {
            policies: vec![Quota { requests: u32::MAX, seconds: u32::MAX }, Quota { requests: 3, seconds: 7 }],
            remaining: Some(0),
            reset: Some(Duration::MAX),
        };
        for _ in 0..5 {
            limiter.turn(|_| {}).await.answered(&headers);
        }
    }
}
