using System.Text;
using FsCheck.Xunit;
using Tidegate.Proxy.Filters;
using Tidegate.Proxy.Filters.Compression;

namespace Tidegate.Proxy.Tests.Filters;

/// <summary>Which coding an <c>accept-encoding</c> leads to.</summary>
public sealed class AcceptedCodingTests
{
    private static readonly HttpFilter[] Chain = [Of("gzip"), CorsFilter.Inactive, Of("br"), Of("zstd")];

    [Theory]
    [InlineData("gzip", "gzip", "Named")]
    [InlineData("GZIP", "gzip", "Named")]
    [InlineData("br, gzip", "br", "Named")] // as much: the client's order
    [InlineData("gzip;q=0.5, br;q=0.8, zstd; q=0.7", "br", "Named")]
    [InlineData("deflate, gzip;q=0.1", "gzip", "Named")]
    [InlineData("identity", null, "Identity")]
    [InlineData("identity;q=0.5, gzip;q=0.4", null, "Identity")]
    [InlineData("gzip;q=0", null, "NotValid")]
    [InlineData("deflate", null, "NotValid")]
    [InlineData("", null, "NotValid")]
    [InlineData("*", "gzip", "Wildcard")]
    [InlineData("gzip;q=0, *", "br", "Wildcard")]
    [InlineData("gzip;q=0, br;q=0, zstd;q=0, *", null, "NotValid")]
    [InlineData("gzip;q=abc, br;q=0.1", "br", "Named")]
    [InlineData("gzip;level=9", "gzip", "Named")]
    [InlineData(" zstd ;q=1 ,", "zstd", "Named")]
    public void The_best_that_is_offered_is_chosen(string accept, string? coding, string verdict)
    {
        int index = AcceptedCoding.Choose(Encoding.ASCII.GetBytes(accept), Chain, out CodingVerdict actual);

        Assert.Equal((coding, verdict), (index < 0 ? null : Encoding.ASCII.GetString(((CompressorFilter)Chain[index]).Rule.Coding), actual.ToString()));
    }

    [Fact]
    public void The_first_choice_wins_among_those_that_the_client_likes_as_much()
    {
        HttpFilter[] chain = [Of("gzip"), Of("br", isFirstChoice: true)];

        Assert.Equal(1, AcceptedCoding.Choose("gzip, br"u8, chain, out _));
        Assert.Equal(0, AcceptedCoding.Choose("gzip, br;q=0.9"u8, chain, out _));
    }

    [Property(MaxTest = 500)]
    public void Any_bytes_are_read_to_their_end(byte[] accept)
    {
        int index = AcceptedCoding.Choose(accept, Chain, out CodingVerdict verdict);

        Assert.Equal(verdict is CodingVerdict.Named or CodingVerdict.Wildcard, index >= 0);
    }

    private static CompressorFilter Of(string coding, bool isFirstChoice = false) => new(new CompressorRule
    {
        EncoderBytes = 0,
        Coding = Encoding.ASCII.GetBytes(coding),
        MakeEncoder = () => throw new NotSupportedException(),
        StatName = "compressor.",
        IsFirstChoice = isFirstChoice,
    });
}
