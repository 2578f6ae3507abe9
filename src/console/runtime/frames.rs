//! The frame-time probe: how long from reading a key to the finished frame, for `onroll bench console`.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

/// Collects times and writes them as one JSON object when the console ends.
#[derive(Debug)]
pub struct FrameProbe {
    path: PathBuf,
    micros: Vec<u32>,
}

/// So many frames are kept; a bench sends far fewer.
const KEEP: usize = 1_000_000;

impl FrameProbe {
    /// A probe that writes to this file.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path, micros: Vec::new() }
    }

    /// A key was answered in this time.
    pub fn record(&mut self, time: Duration) {
        if self.micros.len() < KEEP {
            self.micros.push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
        }
    }

    /// The summary: frames, and the 50th, 95th and 99th percentile and the worst, in microseconds; then a histogram
    /// in powers of two (`"1024": 7` is seven frames from 1,024 up to 2,047).
    #[must_use]
    pub fn summary(&self) -> String {
        let mut sorted = self.micros.clone();
        sorted.sort_unstable();
        let percentile = |percent: usize| {
            let at = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(at).copied().unwrap_or(0)
        };
        let mut histogram = std::collections::BTreeMap::<u32, u32>::new();
        for micros in &sorted {
            *histogram.entry(1 << micros.max(&1).ilog2()).or_default() += 1;
        }
        serde_json::json!({
            "frames": sorted.len(),
            "p50_us": percentile(50),
            "p95_us": percentile(95),
            "p99_us": percentile(99),
            "max_us": percentile(100),
            "histogram_us": histogram,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_histogram() {
        let mut probe = FrameProbe::new(PathBuf::new());
        for micros in 1..=100u64 {
            probe.record(Duration::from_micros(micros * 10));
        }
        let summary: serde_json::Value = serde_json::from_str(&probe.summary()).unwrap();
        assert_eq!((summary["frames"].as_u64(), summary["p50_us"].as_u64()), (Some(100), Some(500)));
        assert_eq!((summary["p99_us"].as_u64(), summary["max_us"].as_u64()), (Some(990), Some(1_000)));
        assert_eq!(summary["histogram_us"]["512"].as_u64(), Some(49));
    }

    #[test]
    fn no_frames_are_no_panic() {
        assert!(FrameProbe::new(PathBuf::new()).summary().contains("\"frames\":0"));
    }
}
