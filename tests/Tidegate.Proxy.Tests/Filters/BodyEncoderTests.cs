using System.IO.Compression;
using FsCheck.Xunit;
using Tidegate.Proxy.Filters.Compression;

namespace Tidegate.Proxy.Tests.Filters;

/// <summary>What an encoder makes of a body, other implementations read.</summary>
public sealed class BodyEncoderTests
{
    private static readonly Dictionary<string, (Func<BodyEncoder> Encoder, Func<Stream, Stream> Decoder)> Codings = new()
    {
        ["gzip"] = (static () => new GzipEncoder(new ZLibCompressionOptions()), static stream => new GZipStream(stream, CompressionMode.Decompress)),
        ["br"] = (static () => new BrotliBodyEncoder(3, 18), static stream => new BrotliStream(stream, CompressionMode.Decompress)),
        ["zstd"] = (static () => new ZstdEncoder(3, hasChecksum: true), static stream => new ZstdSharp.DecompressionStream(stream)),
    };

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public void Large_bodies_become_smaller_and_come_back(string coding)
    {
        byte[] body = [.. Enumerable.Range(0, 300_000).Select(static i => (byte)"the quick brown fox "[i % 20])];

        byte[] encoded = Encode(coding, body.Chunk(16 * 1024), flushEach: false);

        Assert.InRange(encoded.Length, 1, body.Length / 10);
        Assert.Equal(body, Decode(coding, encoded));
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("zstd")]
    public void A_flush_brings_out_all_that_was_taken_in(string coding)
    {
        using BodyEncoder encoder = Codings[coding].Encoder();
        var sent = new MemoryStream();
        sent.Write(encoder.Encode("first event"u8).Span);
        sent.Write(encoder.Flush().Span);
        sent.Position = 0;

        byte[] read = new byte[11];
        using Stream decoder = Codings[coding].Decoder(sent);
        decoder.ReadExactly(read);

        Assert.Equal("first event"u8.ToArray(), read);
        Assert.False(encoder.HasUnflushed);
    }

    [Property(MaxTest = 60)]
    public void Any_pieces_come_back(byte[][] pieces, bool flushEach)
    {
        byte[] body = [.. pieces.SelectMany(static piece => piece)];
        foreach (string coding in Codings.Keys)
        {
            Assert.Equal(body, Decode(coding, Encode(coding, pieces, flushEach)));
        }
    }

    private static byte[] Encode(string coding, IEnumerable<byte[]> pieces, bool flushEach)
    {
        using BodyEncoder encoder = Codings[coding].Encoder();
        var sent = new MemoryStream();
        foreach (byte[] piece in pieces)
        {
            sent.Write(encoder.Encode(piece).Span);
            if (flushEach)
            {
                sent.Write(encoder.Flush().Span);
            }
        }

        sent.Write(encoder.Finish().Span);
        return sent.ToArray();
    }

    private static byte[] Decode(string coding, byte[] encoded)
    {
        using Stream decoder = Codings[coding].Decoder(new MemoryStream(encoded));
        var body = new MemoryStream();
        decoder.CopyTo(body);
        return body.ToArray();
    }
}
