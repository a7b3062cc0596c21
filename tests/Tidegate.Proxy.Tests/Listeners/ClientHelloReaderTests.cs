using FsCheck;
using FsCheck.Fluent;
using Tidegate.Proxy.Listeners.Inspection;

namespace Tidegate.Proxy.Tests.Listeners;

public sealed class ClientHelloReaderTests
{
    [Fact]
    public void T23_of_an_encrypted_hello_the_outer_name_counts()
    {
        // RFC 9849, section 5: the extension encrypted_client_hello (0xfe0d) of an outer hello, whose payload may look like anything.
        byte[] encrypted = ClientHelloBytes.Extension(0xFE0D, [0, 0, 1, 0, 1, 7, 0, 4, 1, 2, 3, 4, 0, 32, .. ClientHelloBytes.ServerName("in.example"), .. new byte[13]]);
        byte[] message = ClientHelloBytes.MessageWith([.. encrypted, .. ClientHelloBytes.ServerName("outer.example")]);

        Assert.Equal(ClientHelloResult.Complete, Read(ClientHelloBytes.Records(message, int.MaxValue), out ClientHello hello));
        Assert.Equal("outer.example", hello.ServerName);
    }

    [Fact]
    public void The_server_name_and_the_protocols_are_read()
    {
        Assert.Equal(ClientHelloResult.Complete, Read(ClientHelloBytes.Of("Web.Example.COM", "h2", "http/1.1", "x"), out ClientHello hello));
        Assert.Equal("web.example.com", hello.ServerName);
        Assert.Equal(["h2", "http/1.1", "x"], hello.ApplicationProtocols);
    }

    [Fact]
    public void Neither_has_to_be_there()
    {
        Assert.Equal(ClientHelloResult.Complete, Read(ClientHelloBytes.Of(null), out ClientHello hello));
        Assert.Equal(("", 0), (hello.ServerName, hello.ApplicationProtocols.Length));
    }

    [Theory]
    [InlineData(new byte[] { 0x13, 0x03 }, true)]
    [InlineData(new byte[] { 0x00, 0x2F, 0xC0, 0x30 }, true)]
    [InlineData(new byte[] { 0xC0, 0x23, 0xC0, 0x09 }, false)]
    [InlineData(new byte[] { 0xCC, 0xA9 }, false)]
    [InlineData(new byte[] { 0x00, 0x13, 0x01, 0x00 }, false)]
    public void A_cipher_suite_that_every_server_has_is_known(byte[] suites, bool isCommon)
    {
        byte[] bytes = ClientHelloBytes.Records(ClientHelloBytes.MessageWith(suites, []), int.MaxValue);

        Assert.Equal(ClientHelloResult.Complete, Read(bytes, out ClientHello hello));
        Assert.Equal(isCommon, hello.OffersCommonSuite);
    }

    [Theory]
    [InlineData(new byte[] { 0x13, 0x01 }, true)]
    [InlineData(new byte[] { 0xC0, 0x2F, 0xC0, 0x2B }, true)]
    [InlineData(new byte[] { 0xCC, 0xA9 }, true)]
    [InlineData(new byte[] { 0xC0, 0x2F }, false)]
    public void An_ECDSA_certificate_is_taken_where_a_suite_allows_it_too(byte[] suites, bool isTaken)
    {
        byte[] algorithms = ClientHelloBytes.Extension(13, [0, 4, 4, 3, 8, 4]);

        Assert.Equal(ClientHelloResult.Complete, Read(ClientHelloBytes.Records(ClientHelloBytes.MessageWith(suites, algorithms), int.MaxValue), out ClientHello hello));
        Assert.Equal(isTaken, hello.TakesEcdsa);
    }

    [Fact]
    public void What_follows_the_message_is_not_looked_at() =>
        Assert.Equal(ClientHelloResult.Complete, Read([.. ClientHelloBytes.Of("a.example"), 0xFF, 0xFF], out _));

    [Fact]
    public void Any_begin_of_one_asks_for_more_in_whatever_records_it_comes()
    {
        byte[] message = ClientHelloBytes.Message("a.example", "h2");
        foreach (int recordLength in (int[])[1, 2, 3, 5, 64, 10_000])
        {
            byte[] bytes = ClientHelloBytes.Records(message, recordLength);
            for (int length = 0; length < bytes.Length; length++)
            {
                Assert.Equal(ClientHelloResult.NeedMore, Read(bytes[..length], out _));
            }

            Assert.Equal(ClientHelloResult.Complete, Read(bytes, out ClientHello hello));
            Assert.Equal("a.example", hello.ServerName);
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("\u0015\u0003\u0001")]
    [InlineData("\u0016\u0002\u0001")]
    [InlineData("PROXY TCP4")]
    public void Other_protocols_are_told_apart(string text) =>
        Assert.Equal(ClientHelloResult.NotTls, Read(System.Text.Encoding.Latin1.GetBytes(text), out _));

    [Theory]
    [InlineData("")]
    [InlineData("a\0.example")]
    [InlineData("a b")]
    [InlineData("ä.example")]
    [InlineData("a/b")]
    public void A_name_that_is_none_is_refused(string name) =>
        Assert.Equal(ClientHelloResult.Malformed, Read(ClientHelloBytes.Of(name), out _));

    [Fact]
    public void A_name_longer_than_names_are_is_refused() =>
        Assert.Equal(ClientHelloResult.Malformed, Read(ClientHelloBytes.Of(new string('a', 256)), out _));

    [Fact]
    public void Two_server_names_are_refused()
    {
        byte[] name = ClientHelloBytes.ServerName("a.example");
        Assert.Equal(ClientHelloResult.Malformed, ReadMessage(ClientHelloBytes.MessageWith([.. name, .. name])));
        byte[] twoInOne = ClientHelloBytes.Extension(0, [0, 8, 0, 0, 1, 97, 0, 0, 1, 98]);
        Assert.Equal(ClientHelloResult.Malformed, ReadMessage(ClientHelloBytes.MessageWith(twoInOne)));
    }

    [Fact]
    public void Lengths_that_do_not_fit_are_refused()
    {
        Assert.Equal(ClientHelloResult.Malformed, ReadMessage(ClientHelloBytes.MessageWith([0, 0, 0, 9, 0])));
        Assert.Equal(ClientHelloResult.Malformed, ReadMessage(ClientHelloBytes.MessageWith(ClientHelloBytes.Extension(0, [0, 9, 0]))));
        Assert.Equal(ClientHelloResult.Malformed, ReadMessage(ClientHelloBytes.MessageWith(ClientHelloBytes.Extension(16, [0, 2, 3, 97]))));
        Assert.Equal(ClientHelloResult.Malformed, ReadMessage(ClientHelloBytes.MessageWith(ClientHelloBytes.Extension(16, [0, 1, 0]))));
        byte[] message = ClientHelloBytes.Message("a.example");
        Assert.Equal(ClientHelloResult.Malformed, ReadMessage([.. message[..3], (byte)(message[3] - 1), .. message[4..]]));
    }

    [Fact]
    public void A_message_or_record_that_is_too_long_is_refused_before_it_has_come()
    {
        Assert.Equal(ClientHelloResult.Malformed, Read([22, 3, 1, 0x40, 1], out _));
        Assert.Equal(ClientHelloResult.Malformed, Read([22, 3, 1, 0, 0], out _));
        Assert.Equal(ClientHelloResult.Malformed, Read([22, 3, 1, 0, 4, 1, 0, 0x40, 0], out _));
        Assert.Equal(ClientHelloResult.Malformed, Read([22, 3, 1, 0, 4, 2, 0, 0, 1], out _));

        // Small records add up, too.
        byte[] bytes = ClientHelloBytes.Records(ClientHelloBytes.MessageWith(ClientHelloBytes.Extension(21, new byte[12_000])), 1);
        Assert.Equal(ClientHelloResult.Malformed, Read(bytes[..ClientHelloReader.MaxBytes], out _));
    }

    [Fact]
    public void Whatever_is_changed_in_one_no_byte_outside_is_read_and_the_answer_holds_for_longer_input()
    {
        // A fuzz test: mutations of good messages; a verdict never changes when more bytes come.
        Gen<(byte[] Bytes, int Cut)> mutated =
            from recordLength in Gen.Choose(1, 300)
            from name in Gen.Elements("a.example", "x", "*.b")
            from changes in Gen.ListOf(Gen.Choose(0, 2000).Zip(Gen.Choose(0, 255)))
            let bytes = Mutate(ClientHelloBytes.Records(ClientHelloBytes.Message(name, "h2", "http/1.1"), recordLength), changes)
            from cut in Gen.Choose(0, bytes.Length)
            select (bytes, cut);
        Prop.ForAll(mutated.ToArbitrary(), static sample =>
        {
            ClientHelloResult early = Read(sample.Bytes[..sample.Cut], out ClientHello first);
            ClientHelloResult late = Read(sample.Bytes, out ClientHello second);
            return early == ClientHelloResult.NeedMore
                || (early == late && first.ServerName == second.ServerName && first.ApplicationProtocols.SequenceEqual(second.ApplicationProtocols));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    [Fact]
    public void Arbitrary_bytes_do_not_break_it() => Prop.ForAll<byte[]>(static bytes =>
    {
        Read(bytes, out _);
        Read([22, 3, 1, 0, 200, 1, 0, 0, 100, .. bytes], out _);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(5_000));

    private static byte[] Mutate(byte[] bytes, IEnumerable<(int Place, int Value)> changes)
    {
        foreach ((int place, int value) in changes.Take(4))
        {
            bytes[place % bytes.Length] = (byte)value;
        }

        return bytes;
    }

    private static ClientHelloResult ReadMessage(byte[] message) => Read(ClientHelloBytes.Records(message, int.MaxValue), out _);

    private static ClientHelloResult Read(byte[] bytes, out ClientHello hello) => ClientHelloReader.Read((byte[])bytes.Clone(), out hello);
}
