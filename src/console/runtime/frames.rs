//! The frame-time probe, for `onroll bench console`: how long from reading a key to the first frame after it, and to the
//! settled picture, in which everything stands that the key has asked for.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

/// Collects times and writes them as one JSON object when the console ends.
#[derive(Debug)]
pub struct FrameProbe {
    path: PathBuf,
    keys: Vec<KeyTimes>,
    /// The first key that no frame has answered yet.
    unanswered: usize,
}

/// One key, in microseconds since it was read.
#[derive(Clone, Copy, Debug)]
struct KeyTimes {
    at: Instant,
    frame: Option<u32>,
    settled: Option<u32>,
}

/// Maximum of keys that are kept; a bench sends far fewer.
const KEEP: usize = 1_000_000;

impl FrameProbe {
    /// A probe that writes to this file.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, keys: Vec::new(), unanswered: 0 }
    }

    /// A key was read at this time.
    pub fn pressed(&mut self, at: Instant) {
        if self.keys.len() < KEEP {
            self.keys.push(KeyTimes { at, frame: None, settled: None });
        }
    }

    /// A frame was drawn: it answers every key before it.
    pub fn drawn(&mut self) {
        for key in self.keys.iter_mut().skip(self.unanswered) {
            key.frame = Some(micros(key.at.elapsed()));
        }
        self.unanswered = self.keys.len();
    }

    /// Nothing is owed to the newest key any more. A key that another one has overtaken never settles.
    pub fn settled(&mut self) {
        if let Some(key) = self.keys.last_mut().filter(|key| key.frame.is_some()) {
            key.settled.get_or_insert_with(|| micros(key.at.elapsed()));
        }
    }

    /// Keys that were answered by a frame, with the 50th, 95th and 99th percentile and the worst of the times to it, in
    /// microseconds, and a histogram in powers of two (`"1024": 7` is seven keys from 1,024 up to 2,047); the same
    /// percentiles to the settled picture; and both times of every key, in the order in which they were pressed.
    #[must_use]
    pub fn summary(&self) -> String {
        let frames = sorted(self.keys.iter().filter_map(|key| key.frame));
        let settled = sorted(self.keys.iter().filter_map(|key| key.settled));
        let mut histogram = std::collections::BTreeMap::<u32, u32>::new();
        for micros in &frames {
            *histogram.entry(1 << micros.max(&1).ilog2()).or_default() += 1;
        }
        serde_json::json!({
            "frames": frames.len(),
            "p50_us": percentile(&frames, 50),
            "p95_us": percentile(&frames, 95),
            "p99_us": percentile(&frames, 99),
            "max_us": percentile(&frames, 100),
            "histogram_us": histogram,
            "settled": {
                "keys": settled.len(),
                "p50_us": percentile(&settled, 50),
                "p95_us": percentile(&settled, 95),
                "p99_us": percentile(&settled, 99),
                "max_us": percentile(&settled, 100),
            },
            "keys_us": self.keys.iter().map(|key| [key.frame, key.settled]).collect::<Vec<_>>(),
        })
        .to_string()
    }

    /// Writes the summary.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self) -> std::io::Result<()> {
        let mut file = std::fs::File::create(&self.path)?;
        writeln!(file, "{}", self.summary())
    }
}

fn micros(time: Duration) -> u32 {
    u32::try_from(time.as_micros()).unwrap_or(u32::MAX)
}

fn sorted(times: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut times: Vec<u32> = times.collect();
    times.sort_unstable();
    times
}

/// The nearest-rank percentile of sorted times; 0 where there are none.
fn percentile(sorted: &[u32], percent: usize) -> u32 {
    let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    sorted.get(at).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(probe: &FrameProbe) -> serde_json::Value {
        serde_json::from_str(&probe.summary()).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn percentiles_and_histogram() {
        let mut probe = FrameProbe::new(PathBuf::new());
        for micros in 1..=100u64 {
            probe.pressed(Instant::now());
            tokio::time::advance(Duration::from_micros(micros * 10)).await;
            probe.drawn();
            tokio::time::advance(Duration::from_micros(5)).await;
            probe.settled();
            probe.settled();
        }
        let summary = value(&probe);
        assert_eq!((summary["frames"].as_u64(), summary["p50_us"].as_u64()), (Some(100), Some(500)));
        assert_eq!((summary["p99_us"].as_u64(), summary["max_us"].as_u64()), (Some(990), Some(1_000)));
        assert_eq!(summary["histogram_us"]["512"].as_u64(), Some(49));
        assert_eq!(summary["settled"]["keys"].as_u64(), Some(100));
        assert_eq!(summary["settled"]["p50_us"].as_u64(), Some(505));
        assert_eq!(summary["keys_us"][0], serde_json::json!([10, 15]));
    }

    #[tokio::test(start_paused = true)]
    async fn one_frame_answers_several_keys_and_only_the_newest_settles() {
        let mut probe = FrameProbe::new(PathBuf::new());
        probe.pressed(Instant::now());
        tokio::time::advance(Duration::from_micros(10)).await;
        probe.pressed(Instant::now());
        probe.settled();
        tokio::time::advance(Duration::from_micros(10)).await;
        probe.drawn();
        probe.settled();
        assert_eq!(value(&probe)["keys_us"], serde_json::json!([[20, null], [10, 10]]));
    }

    #[test]
    fn no_frames_are_no_panic() {
        assert!(FrameProbe::new(PathBuf::new()).summary().contains("\"frames\":0"));
    }
}
