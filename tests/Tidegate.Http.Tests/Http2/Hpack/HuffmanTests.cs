using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Tidegate.Http.Http2.Hpack;

namespace Tidegate.Http.Tests.Http2.Hpack;

/// <summary>The Huffman code of RFC 7541 appendix B.</summary>
public sealed class HuffmanTests
{
    [Theory]
    [InlineData("www.example.com", "f1e3c2e5f23a6ba0ab90f4ff")]
    [InlineData("no-cache", "a8eb10649cbf")]
    [InlineData("Mon, 21 Oct 2013 20:13:21 GMT", "d07abe941054d444a8200595040b8166e082a62d1bff")]
    [InlineData("", "")]
    public void The_strings_of_appendix_C(string text, string encoded)
    {
        byte[] output = new byte[64];
        Assert.Equal(encoded, Convert.ToHexStringLower(output, 0, HuffmanCode.Encode(Encoding.ASCII.GetBytes(text), output)));
        Assert.Equal(text, Encoding.ASCII.GetString(output, 0, HuffmanDecoder.Decode(Convert.FromHexString(encoded), output)));
    }

    [Fact]
    public void Every_byte_is_decoded_as_it_was_encoded()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        byte[] encoded = new byte[HuffmanCode.EncodedLength(all)];
        HuffmanCode.Encode(all, encoded);
        byte[] decoded = new byte[HuffmanDecoder.MaxDecodedLength(encoded.Length)];
        Assert.Equal(all, decoded[..HuffmanDecoder.Decode(encoded, decoded)]);
    }

    [Fact]
    public void Random_strings_are_decoded_as_they_were_encoded() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(500).WithQuietOnSuccess(true),
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), value =>
        {
            byte[] encoded = new byte[HuffmanCode.EncodedLength(value)];
            Assert.Equal(encoded.Length, HuffmanCode.Encode(value, encoded));
            byte[] decoded = new byte[HuffmanDecoder.MaxDecodedLength(encoded.Length)];
            Assert.Equal(value, decoded[..HuffmanDecoder.Decode(encoded, decoded)]);
        }));

    [Fact]
    public void Random_bytes_are_refused_or_are_the_one_encoding_of_what_they_say() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000).WithQuietOnSuccess(true),
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), encoded =>
        {
            byte[] decoded = new byte[HuffmanDecoder.MaxDecodedLength(encoded.Length)];
            int length = HuffmanDecoder.Decode(encoded, decoded);
            if (length >= 0)
            {
                byte[] again = new byte[encoded.Length];
                Assert.Equal(encoded.Length, HuffmanCode.Encode(decoded.AsSpan(0, length), again));
                Assert.Equal(encoded, again);
            }
        }));
}
