using Tidegate.Http.Headers;
using Tidegate.Http.Tests.Http1;
using Tidegate.Http.Tokens;

namespace Tidegate.Http.Tests.Headers;

public sealed class KnownHeadersTests
{
    [Fact]
    public void Every_known_header_is_found_by_its_name_in_any_case()
    {
        KnownHeader[] all = Enum.GetValues<KnownHeader>();
        Assert.Equal(all.Length, KnownHeaders.Count);
        Assert.True(all.Length <= 128, "a KnownHeaderSet has 128 bits");
        foreach (KnownHeader header in all.Skip(1))
        {
            string name = Wire.Text(KnownHeaders.NameOf(header));
            Assert.Equal(header, KnownHeaders.Find(Wire.Bytes(name)));
            Assert.Equal(header, KnownHeaders.Find(Wire.Bytes(name.ToUpperInvariant())));
            Assert.Equal(header, KnownHeaders.FindLowerCase(Wire.Bytes(name)));
            Assert.Equal(header.ToString(), name.Replace("-", "", StringComparison.Ordinal), ignoreCase: true);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("hostt")]
    [InlineData("hos")]
    [InlineData("x-envoy-unknown")]
    [InlineData("content_length")]
    [InlineData("transfer-encodinh")]
    [InlineData("a-name-that-is-longer-than-any-known-header-name-and-longer-than-the-buffer")]
    public void Another_name_is_none(string name) => Assert.Equal(KnownHeader.None, KnownHeaders.Find(Wire.Bytes(name)));

    [Fact]
    public void A_set_holds_what_was_put_in()
    {
        foreach (KnownHeader header in Enum.GetValues<KnownHeader>().Skip(1))
        {
            KnownHeaderSet set = KnownHeaderSet.Of(header);
            Assert.True(set.Contains(header));
            Assert.True(set.Without(header).IsEmpty);
            Assert.True(set.Overlaps(KnownHeaderSet.Of(header, KnownHeader.Accept)));
            Assert.Equal(header == KnownHeader.Accept, set.Contains(KnownHeader.Accept));
            Assert.Equal(header == KnownHeader.XRequestId, set == KnownHeaderSet.Of(KnownHeader.XRequestId));
        }

        Assert.True(KnownHeaderSet.Of(KnownHeader.None).IsEmpty);
        Assert.False(KnownHeaderSet.Of(KnownHeader.Accept).Contains(KnownHeader.None));
    }

    [Fact]
    public void Letters_and_nothing_else_are_folded()
    {
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)];
        byte[] folded = new byte[256];
        HttpTokens.ToLower(all, folded);
        Assert.Equal(all.Select(value => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value + 32) : value), folded);
        for (int offset = 0; offset < 9; offset++)
        {
            HttpTokens.ToLower(all.AsSpan(offset), folded);
            Assert.Equal(HttpTokens.ToLower(all[offset + 70]), folded[70]);
        }
    }
}
