using System.Text;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Filters.OAuth2;

namespace Tidegate.Proxy.Tests.Filters.OAuth2;

/// <summary>Values that clients keep: sealed, and cut where they are too long for one cookie.</summary>
public sealed class CookieCodecTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, CookieSeal.KeyBytes).Select(static i => (byte)i)];
    private static readonly byte[] Other = [.. Key.Reverse()];

    [Property(MaxTest = 300)]
    public bool What_was_sealed_opens_with_its_key_for_its_context_and_nowhere_else(byte[] value, NonNull<string> context)
    {
        byte[] of = Encoding.UTF8.GetBytes(context.Get);
        string text = CookieSeal.Seal(Key, of, value);
        byte[] bytes = Encoding.ASCII.GetBytes(text);
        return CookieSeal.Open(Key, of, bytes)!.AsSpan().SequenceEqual(value)
            && CookieSeal.Open(Other, of, bytes) is null
            && CookieSeal.Open(Key, [.. of, 0], bytes) is null
            && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
    }

    [Property(MaxTest = 300)]
    public bool Nothing_opens_that_was_changed(byte[] value, NonNegativeInt at, NonZeroInt change)
    {
        byte[] text = Encoding.ASCII.GetBytes(CookieSeal.Seal(Key, [], value));
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        int place = at.Get % text.Length;
        int digit = Alphabet.IndexOf((char)text[place], StringComparison.Ordinal);
        text[place] = (byte)Alphabet[(digit + 1 + (Math.Abs(change.Get % 63) % 63)) % 64];
        byte[]? opened = CookieSeal.Open(Key, [], text);

        // The last character may have bits that stand for nothing.
        return opened is null || (place == text.Length - 1 && opened.AsSpan().SequenceEqual(value));
    }

    [Property(MaxTest = 300)]
    public bool Nothing_opens_that_anybody_has_made_up(byte[] text) => CookieSeal.Open(Key, [], text) is null;

    [Fact]
    public void The_same_value_is_sealed_differently_each_time() =>
        Assert.Equal(100, Enumerable.Range(0, 100).Select(static _ => CookieSeal.Seal(Key, [], "value"u8)).Distinct().Count());

    [Property(MaxTest = 500)]
    public Property A_value_that_was_cut_is_put_together_again() => Prop.ForAll(Values(), static sample =>
    {
        IReadOnlyList<string> pieces = CookieChunks.Cut(sample.Value, sample.MaxBytes);
        return pieces.All(piece => piece.Length <= sample.MaxBytes) && Join(pieces) == sample.Value;
    });

    [Property(MaxTest = 300)]
    public Property A_value_of_which_a_piece_is_missing_is_none() => Prop.ForAll(Values(), static sample =>
    {
        IReadOnlyList<string> pieces = CookieChunks.Cut(sample.Value, sample.MaxBytes);
        return Enumerable.Range(0, pieces.Count).All(missing => Join(pieces, missing) is null);
    });

    [Theory]
    [InlineData("t=~")]
    [InlineData("t=~~")]
    [InlineData("t=~0~x")]
    [InlineData("t=~-1~x")]
    [InlineData("t=~100~x")]
    [InlineData("t=~2x~x; t-1=y")]
    [InlineData("t=~99999999999999999999~x")]
    [InlineData("t=~2~x")]
    [InlineData("t=~2~x; t-2=y")]
    [InlineData("t-1=y")]
    [InlineData("t")]
    [InlineData("")]
    public void What_is_no_value_in_pieces_is_none(string cookies)
    {
        var headers = new HeaderMap();
        headers.Add("cookie"u8, Encoding.ASCII.GetBytes(cookies));

        Assert.False(CookieChunks.TryJoin(headers, Cookie(), new byte[100], out int length));
        Assert.Equal(0, length);
    }

    [Fact]
    public void A_value_for_which_there_is_no_room_is_none()
    {
        var headers = new HeaderMap();
        headers.Add("cookie"u8, "t=~3~aaaa; t-1=bbbb; t-2=cccc"u8);

        Assert.False(CookieChunks.TryJoin(headers, Cookie(), new byte[11], out _));
        Assert.True(CookieChunks.TryJoin(headers, Cookie(), new byte[12], out int length));
        Assert.Equal(12, length);
    }

    // RFC 6265, section 6.1: what clients have to keep of one.
    [Theory]
    [InlineData(100)]
    [InlineData(4_000)]
    [InlineData(4_100)]
    [InlineData(20_000)]
    public void No_cookie_is_longer_than_clients_keep(int length)
    {
        var cookie = new OAuth2Cookie("BearerToken", "example.test", "/some/path", ";SameSite=Strict;Partitioned");

        Assert.All(cookie.SetInChunks(new string('x', length), 604_800), static set => Assert.InRange(set.Length, 1, 4096));
    }

    private static OAuth2Cookie Cookie() => new("t", string.Empty, "/", string.Empty);

    private static string? Join(IReadOnlyList<string> pieces, int missing = -1)
    {
        var headers = new HeaderMap();
        foreach (int i in Enumerable.Range(0, pieces.Count).Where(i => i != missing).Reverse())
        {
            headers.Add("cookie"u8, Encoding.ASCII.GetBytes($"other-{i}=1; {Cookie().ChunkName(i)}={pieces[i]}"));
        }

        byte[] text = new byte[pieces.Sum(static piece => piece.Length)];
        return CookieChunks.TryJoin(headers, Cookie(), text, out int length) ? Encoding.ASCII.GetString(text, 0, length) : null;
    }

    private static Arbitrary<(string Value, int MaxBytes)> Values() => Arb.From(
        from max in Gen.Choose(20, 300)
        from length in Gen.Choose(1, 90 * 14)
        from letters in Gen.ArrayOf(Gen.Elements("~0123456789abcXYZ-_.".ToCharArray()), Math.Min(length, max * 90))
        select (new string(letters), max));
}
