using System.Text;
using Tidegate.Http.Headers;
using Tidegate.Http.Http2.Hpack;

namespace Tidegate.Http.Tests.Http2.Hpack;

/// <summary>What the encoder puts into the table, and that a decoder reads what it writes.</summary>
public sealed class HpackEncoderTests
{
    private readonly HpackEncoder _encoder = new(4096);
    private readonly HpackDecoder _decoder = new(4096, new HpackScratch());

    [Fact]
    public void A_field_is_one_byte_from_the_third_time_on()
    {
        const int LiteralDigits = 24;
        Assert.InRange(Encode(("x-name", "some value")).Length, LiteralDigits, LiteralDigits + 16);
        Assert.InRange(Encode(("x-name", "some value")).Length, LiteralDigits, LiteralDigits + 16);
        Assert.Equal("be", Encode(("x-name", "some value")));
    }

    [Fact]
    public void A_value_that_comes_once_is_not_put_into_the_table()
    {
        for (int i = 0; i < 100; i++)
        {
            Encode(("x-request-id", $"id-{i}"));
        }

        Assert.Equal(0, _decoder.TableSize);
    }

    [Fact]
    public void A_field_of_the_static_table_takes_its_name_from_there() => Assert.StartsWith("0f", Encode(("location", "/a")), StringComparison.Ordinal);

    [Theory]
    [InlineData("authorization")]
    [InlineData("proxy-authorization")]
    [InlineData("cookie")]
    [InlineData("set-cookie")]
    [InlineData("x-forwarded-client-cert")]
    [InlineData("x-api-key")]
    [InlineData("x-auth-token")]
    public void A_sensitive_field_is_never_indexed(string name)
    {
        for (int i = 0; i < 3; i++)
        {
            Assert.Equal('1', Encode((name, "secret"))[0]);
        }

        Assert.Equal(0, _decoder.TableSize);
    }

    [Fact]
    public void A_smaller_table_of_the_peer_is_told_at_the_begin_of_the_next_block()
    {
        EncodeThrice("x-name", "value");
        _encoder.OnPeerLimit(0);
        _encoder.OnPeerLimit(100);
        Assert.StartsWith("203f45", Encode(("x-name", "value")), StringComparison.Ordinal);
        Assert.Equal(0, _decoder.TableSize);
        EncodeThrice("x-name", "value");
        Assert.InRange(_decoder.TableSize, 0, 100);
    }

    [Fact]
    public void A_larger_table_of_the_peer_is_not_used()
    {
        _encoder.OnPeerLimit(65_536);
        Assert.DoesNotContain("3f", Encode(("x-name", "v"))[..2], StringComparison.Ordinal);
    }

    [Fact]
    public void Entries_come_and_go_and_all_is_read_as_it_was_written()
    {
        Random random = new(7);
        for (int i = 0; i < 3000; i++)
        {
            Encode(($"x-{random.Next(60)}", new string('v', random.Next(60)) + random.Next(4)), ("server", "istio-envoy"), ("date", $"second {i / 20}"));
            if (i % 500 == 499)
            {
                _encoder.OnPeerLimit((uint)random.Next(5000));
            }
        }
    }

    [Fact]
    public void Steady_state_allocates_nothing()
    {
        byte[] block = new byte[512];
        void Exchange()
        {
            int length = _encoder.Begin(block);
            length += _encoder.Write(KnownHeader.ContentType, "content-type"u8, "application/json"u8, block.AsSpan(length));
            length += _encoder.Write(KnownHeader.None, "x-name"u8, "some value"u8, block.AsSpan(length));
            NullSink sink = default;
            Assert.True(_decoder.Decode(block.AsSpan(0, length), ref sink) == HpackError.None);
        }

        for (int i = 0; i < 10; i++)
        {
            Exchange();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Exchange();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private void EncodeThrice(string name, string value)
    {
        for (int i = 0; i < 3; i++)
        {
            Encode((name, value));
        }
    }

    // Encodes a block, has the decoder read it, and gives it in hexadecimal digits.
    private string Encode(params (string Name, string Value)[] fields)
    {
        byte[] block = new byte[4096];
        int length = _encoder.Begin(block);
        foreach ((string name, string value) in fields)
        {
            byte[] nameBytes = Encoding.Latin1.GetBytes(name);
            length += _encoder.Write(KnownHeaders.FindLowerCase(nameBytes), nameBytes, Encoding.Latin1.GetBytes(value), block.AsSpan(length));
        }

        string hex = Convert.ToHexStringLower(block, 0, length);
        Assert.Equal(string.Join('\n', fields.Select(f => $"{f.Name}: {f.Value}")), FieldList.Decode(_decoder, hex));
        return hex;
    }

    private struct NullSink : IFieldSink
    {
        public readonly void OnField(KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
        {
        }
    }
}
