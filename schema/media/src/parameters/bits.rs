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
