//! AudioSpecificConfig (ISO 14496-3 1.6.2.1) as far as packets need it.

/// Sample rates by index.
const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// What an AudioSpecificConfig declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AacConfig {
    bytes: Vec<u8>,
    sample_rate: u32,
    channels: u16,
    frame_samples: u32,
}

impl AacConfig {
    /// Reads the first fields; `None` if they make no sense.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let mut bits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1));
        let mut take = |count: usize| {
            (0..count).try_fold(0_u32, |sum, _| Some(sum << 1 | u32::from(bits.next()?)))
        };
        // 31: escaped types above 31, which no camera sends; ER types need more.
        let _object_type = take(5).filter(|kind| matches!(kind, 1..=5 | 29))?;
        let sample_rate = match take(4)? {
            15 => take(24)?,
            index => *RATES.get(usize::try_from(index).ok()?)?,
        };
        let channels = match take(4)? {
            // Told inside of the first frame.
            0 => 0,
            count @ 1..=6 => u16::try_from(count).ok()?,
            7 => 8,
            _ => return None,
        };
        // frameLengthFlag; with SBR it stands behind more fields and is unused.
        let short = matches!(_object_type, 1..=4) && take(1)? == 1;
        (sample_rate > 0).then(|| Self {
            bytes: bytes.to_vec(),
            sample_rate,
            channels,
            frame_samples: if short { 960 } else { 1024 },
        })
    }

    /// AAC-LC, for a camera that does not say what it sends.
    pub fn low_complexity(sample_rate: u32, channels: u16) -> Option<Self> {
        let index = u16::try_from(RATES.iter().position(|rate| *rate == sample_rate)?).ok()?;
        let channels = if channels == 8 { 7 } else { channels };
        let config = 2 << 11 | index << 7 | channels << 3;
        (1..=7).contains(&channels).then(|| Self::parse(&config.to_be_bytes()))?
    }

    /// As it goes into an `esds` box.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Samples per second of the coded frames.
    pub fn sample_rate(&self) -> u32 {
        self.sample_rate
    }

    /// Channels; 0 where only the frames tell.
    pub fn channels(&self) -> u16 {
        self.channels
    }

    /// Samples in each frame.
    pub fn frame_samples(&self) -> u32 {
        self.frame_samples
    }

    /// How long a frame lasts on a clock of this rate.
    pub fn frame_ticks(&self, clock_rate: u32) -> i64 {
        let ticks = u64::from(self.frame_samples) * u64::from(clock_rate);
        i64::try_from(ticks / u64::from(self.sample_rate)).unwrap_or(i64::MAX)
    }
}

/// Some cameras leave the ADTS header before each frame. A raw frame never
/// begins with twelve set bits: that would be an end mark before anything.
pub(super) fn without_adts(frame: &[u8]) -> &[u8] {
    let [0xff, second, _, high, middle, low, ..] = frame else { return frame };
    let length = usize::from(high & 3) << 11 | usize::from(*middle) << 3 | usize::from(low >> 5);
    let header = if second & 1 == 1 { 7 } else { 9 };
    match second & 0xf6 == 0xf0 && length == frame.len() {
        true => frame.get(header..).unwrap_or(frame),
        false => frame,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cameras_announce_is_read() {
        let config = AacConfig::parse(&[0x11, 0x88]).expect("48 kHz mono of Ubiquiti");
        assert_eq!((config.sample_rate(), config.channels()), (48_000, 1));
        assert_eq!(config.frame_ticks(48_000), 1024);
        let config = AacConfig::parse(&[0x14, 0x08]).expect("16 kHz mono");
        assert_eq!((config.sample_rate(), config.channels()), (16_000, 1));
        assert_eq!(AacConfig::low_complexity(16_000, 1).as_ref(), Some(&config));
        // HE-AAC: frames of 1024 samples at the lower rate, clock at the higher.
        let config = AacConfig::parse(&[0x2b, 0x11, 0x88, 0x00]).expect("24 to 48 kHz");
        assert_eq!(config.frame_ticks(48_000), 2048);
        assert_eq!(AacConfig::parse(&[0xff, 0xff]), None);
        assert_eq!(AacConfig::parse(&[]), None);
    }

    #[test]
    fn an_adts_header_is_taken_off_if_it_is_one() {
        let frame = [0xff, 0xf1, 0x60, 0x40, 0x01, 0x3f, 0xfc, 0x21, 0x10];
        assert_eq!(without_adts(&frame), &[0x21, 0x10]);
        let other = [0xff, 0xf1, 0x60, 0x40, 0x02, 0x3f, 0xfc, 0x21, 0x10];
        assert_eq!(without_adts(&other), &other);
    }
}
