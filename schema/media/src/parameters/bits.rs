//! A bit reader over a NAL unit, on top of `h264-reader`, which both codecs
//! share: H.265 writes its numbers and escapes the same way.

pub(crate) use h264_reader::rbsp::{BitRead, BitReaderError};
use h264_reader::rbsp::{BitReader, ByteReader, Numeric, Primitive};
use hitless_model::VideoCodec;
use std::num::NonZeroUsize;

/// Bits of a unit, after its header and without escapes.
pub(crate) type NalBits<'a> = BitReader<ByteReader<&'a [u8]>>;

/// Bits of bytes that are not escaped.
pub(crate) fn bits(data: &[u8]) -> BitReader<&[u8]> {
    BitReader::new(data)
}

/// Bits of a unit.
pub(crate) fn nal_bits(codec: VideoCodec, nal: &[u8]) -> NalBits<'_> {
    let header = match codec {
        VideoCodec::H264 => NonZeroUsize::MIN,
        VideoCodec::H265 => NonZeroUsize::MIN.saturating_add(1),
    };
    BitReader::new(ByteReader::skipping_bytes(nal, header))
}

/// Whether to read on into the part that cameras most often write wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Vui {
    /// Read it.
    Read,
    /// Pretend that it is absent.
    Skip,
}

/// Reads like the reader inside, but does not mind what stands after the end:
/// cameras pad parameter sets with zeros and worse. May also pretend that
/// there is no VUI.
pub(crate) struct Tolerant<R> {
    pub(crate) inner: R,
    pub(crate) vui: Vui,
}

impl<R: BitRead> BitRead for Tolerant<R> {
    fn read_ue(&mut self, name: &'static str) -> Result<u32, BitReaderError> {
        self.inner.read_ue(name)
    }

    fn read_se(&mut self, name: &'static str) -> Result<i32, BitReaderError> {
        self.inner.read_se(name)
    }

    fn read_bool(&mut self, name: &'static str) -> Result<bool, BitReaderError> {
        if name == "vui_parameters_present_flag" && self.vui == Vui::Skip {
            return Ok(false);
        }
        self.inner.read_bool(name)
    }

    fn read<U: Numeric>(&mut self, count: u32, name: &'static str) -> Result<U, BitReaderError> {
        self.inner.read(count, name)
    }

    fn read_to<V: Primitive>(&mut self, name: &'static str) -> Result<V, BitReaderError> {
        self.inner.read_to(name)
    }

    fn skip(&mut self, count: u32, name: &'static str) -> Result<(), BitReaderError> {
        self.inner.skip(count, name)
    }

    fn has_more_rbsp_data(&mut self, name: &'static str) -> Result<bool, BitReaderError> {
        self.inner.has_more_rbsp_data(name)
    }

    fn finish_rbsp(self) -> Result<(), BitReaderError> {
        Ok(())
    }

    fn finish_sei_payload(self) -> Result<(), BitReaderError> {
        Ok(())
    }
}

/// Parameter sets written by hand, as text of 0 and 1.
#[cfg(test)]
pub(crate) mod written {
    /// An unsigned Exp-Golomb number.
    pub(crate) fn ue(number: u32) -> String {
        let bits = format!("{:b}", number + 1);
        "0".repeat(bits.len() - 1) + &bits
    }

    /// The bits, a stop bit and zeros to the end of the byte.
    pub(crate) fn bytes(bits: &str) -> Vec<u8> {
        let mut bits = bits.to_owned() + "1";
        while !bits.len().is_multiple_of(8) {
            bits.push('0');
        }
        let byte = |at| u8::from_str_radix(&bits[at..at + 8], 2).expect("eight bits");
        (0..bits.len()).step_by(8).map(byte).collect()
    }
}
