using System.Text;
using FsCheck;
using FsCheck.Xunit;
using Tidegate.Proxy.Filters.GrpcWeb;

namespace Tidegate.Proxy.Tests.Filters;

/// <summary>The base64 of gRPC-Web: messages one by one, however they are split.</summary>
public sealed class WebTextTests
{
    [Property]
    public bool Messages_that_were_encoded_one_by_one_are_decoded_however_they_are_split(NonNull<byte[]>[] messages, PositiveInt step)
    {
        string text = string.Concat(messages.Select(static message => Convert.ToBase64String(message.Get)));
        byte[] expected = [.. messages.SelectMany(static message => message.Get)];
        var decoder = new WebTextDecoder();
        List<byte> decoded = [];
        foreach (byte[] piece in Encoding.ASCII.GetBytes(text).Chunk(step.Get))
        {
            if (!decoder.TryDecode(piece, out ReadOnlyMemory<byte> data))
            {
                return false;
            }

            decoded.AddRange(data.ToArray());
        }

        return decoder.IsAtEndOfGroup && decoded.SequenceEqual(expected);
    }

    [Theory]
    [InlineData("!!!!")]
    [InlineData("AA A")]
    [InlineData("AAA\n")]
    [InlineData("A===")]
    [InlineData("====")]
    [InlineData("AA=A")]
    [InlineData("AA==AA=A")]
    public void What_is_no_base64_is_not_decoded(string text) => Assert.False(new WebTextDecoder().TryDecode(Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void A_group_that_is_not_whole_is_waited_for()
    {
        var decoder = new WebTextDecoder();
        Assert.True(decoder.TryDecode("AAAAA"u8, out ReadOnlyMemory<byte> data));
        Assert.Equal(3, data.Length);
        Assert.False(decoder.IsAtEndOfGroup);
        decoder.Reset();
        Assert.True(decoder.IsAtEndOfGroup);
    }

    [Property]
    public bool Each_frame_is_encoded_with_padding_of_its_own_however_it_comes(NonNull<byte[]>[] messages, PositiveInt step)
    {
        byte[][] frames = [.. messages.Select(static message => (byte[])[0, 0, 0, (byte)(message.Get.Length >> 8), (byte)message.Get.Length, .. message.Get])];
        string expected = string.Concat(frames.Select(Convert.ToBase64String));
        var encoder = new WebTextEncoder();
        var encoded = new StringBuilder();
        foreach (byte[] piece in frames.SelectMany(static frame => frame).Chunk(step.Get))
        {
            encoded.Append(Encoding.ASCII.GetString(encoder.Encode(piece).Span));
        }

        return encoded.Append(Encoding.ASCII.GetString(encoder.EncodeLast([]).Span)).ToString() == expected;
    }

    [Fact]
    public void What_is_left_of_a_frame_that_does_not_end_is_sent_at_the_end()
    {
        var encoder = new WebTextEncoder();
        byte[] cut = [0, 0, 0, 0, 9, (byte)'a', (byte)'b'];
        string encoded = Encoding.ASCII.GetString(encoder.Encode(cut).Span) + Encoding.ASCII.GetString(encoder.EncodeLast([0x80, 0, 0, 0, 0]).Span);

        Assert.Equal(Convert.ToBase64String(cut) + Convert.ToBase64String([0x80, 0, 0, 0, 0]), encoded);
    }
}
