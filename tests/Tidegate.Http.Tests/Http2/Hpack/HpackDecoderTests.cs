using Tidegate.Http.Http2.Hpack;

namespace Tidegate.Http.Tests.Http2.Hpack;

/// <summary>Decoding, by the examples of RFC 7541 appendix C and by what section 2 to 6 forbid.</summary>
public sealed class HpackDecoderTests
{
    private const string Request1 = ":method: GET\n:scheme: http\n:path: /\n:authority: www.example.com";
    private const string Request2 = Request1 + "\ncache-control: no-cache";
    private const string Request3 = ":method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value";
    private const string Date21 = "date: Mon, 21 Oct 2013 20:13:21 GMT";
    private const string Location = "location: https://www.example.com";

    private const string Response3 = ":status: 200\ncache-control: private\ndate: Mon, 21 Oct 2013 20:13:22 GMT\n" + Location
        + "\ncontent-encoding: gzip\nset-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1";

    [Theory]
    [InlineData("400a637573746f6d2d6b65790d637573746f6d2d686561646572", "custom-key: custom-header", 55)]
    [InlineData("040c2f73616d706c652f70617468", ":path: /sample/path", 0)]
    [InlineData("100870617373776f726406736563726574", "password: secret", 0)]
    [InlineData("82", ":method: GET", 0)]
    public void The_single_fields_of_appendix_C2(string block, string expected, int tableSize)
    {
        HpackDecoder decoder = Decoder();
        Assert.Equal(expected, FieldList.Decode(decoder, block));
        Assert.Equal(tableSize, decoder.TableSize);
    }

    [Theory]
    [InlineData("828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865", "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565")]
    [InlineData("828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf", "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf")]
    public void The_requests_of_appendix_C3_and_C4(string first, string second, string third)
    {
        HpackDecoder decoder = Decoder();
        Assert.Equal((Request1, 57), (FieldList.Decode(decoder, first), decoder.TableSize));
        Assert.Equal((Request2, 110), (FieldList.Decode(decoder, second), decoder.TableSize));
        Assert.Equal((Request3, 164), (FieldList.Decode(decoder, third), decoder.TableSize));
    }

    [Fact]
    public void The_responses_of_appendix_C6_evict_from_a_table_of_256_bytes()
    {
        HpackDecoder decoder = new(256, new HpackScratch());
        Assert.Equal(
            ($":status: 302\ncache-control: private\n{Date21}\n{Location}", 222),
            (FieldList.Decode(decoder, "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3"), decoder.TableSize));
        Assert.Equal(
            ($":status: 307\ncache-control: private\n{Date21}\n{Location}", 222),
            (FieldList.Decode(decoder, "4883640effc1c0bf"), decoder.TableSize));
        Assert.Equal(
            (Response3, 215),
            (FieldList.Decode(
                decoder,
                "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"),
                decoder.TableSize));
    }

    [Theory]
    [InlineData("80", HpackError.InvalidIndex)] // 6.1: index 0
    [InlineData("be", HpackError.InvalidIndex)] // 2.3.3: the dynamic table is empty
    [InlineData("ff80808001", HpackError.InvalidIndex)]
    [InlineData("7e0161", HpackError.InvalidIndex)] // a name beyond the table
    [InlineData("ffffffffff7f", HpackError.IntegerOverflow)] // 5.1
    [InlineData("ff808080808000", HpackError.IntegerOverflow)] // zeros without end
    [InlineData("00ffffffffff0f", HpackError.IntegerOverflow)]
    [InlineData("ff", HpackError.Truncated)]
    [InlineData("40", HpackError.Truncated)]
    [InlineData("4005616263", HpackError.Truncated)]
    [InlineData("82400161", HpackError.Truncated)]
    [InlineData("008161", HpackError.InvalidHuffman)] // 5.2: padding that is not all ones
    [InlineData("0082ffff0161", HpackError.InvalidHuffman)] // padding of more than 7 bits
    [InlineData("0084ffffffff0161", HpackError.InvalidHuffman)] // the end of the string
    [InlineData("0085fffffffc1f0161", HpackError.InvalidHuffman)]
    [InlineData("8220", HpackError.TableSizeAfterField)] // 4.2
    [InlineData("3fe21f", HpackError.TableSizeTooLarge)] // 6.3: 4097
    public void What_breaks_the_format_is_an_error(string block, HpackError expected) => Assert.Equal(expected.ToString(), FieldList.Decode(Decoder(), block));

    [Fact]
    public void An_entry_that_is_larger_than_the_table_empties_it()
    {
        HpackDecoder decoder = new(64, new HpackScratch());
        FieldList.Decode(decoder, "4001610162");
        Assert.Equal(34, decoder.TableSize);
        Assert.Equal("a: " + new string('x', 40), FieldList.Decode(decoder, "400161 28" + string.Concat(Enumerable.Repeat("78", 40))));
        Assert.Equal(0, decoder.TableSize);
    }

    [Fact]
    public void A_name_of_the_table_survives_that_its_entry_is_evicted_for_the_new_one()
    {
        HpackDecoder decoder = new(64, new HpackScratch());
        FieldList.Decode(decoder, "4001610162");
        Assert.Equal("a: cccc", FieldList.Decode(decoder, "7e0463636363"));
        Assert.Equal("a: cccc", FieldList.Decode(decoder, "be"));
        Assert.Equal(37, decoder.TableSize);
    }

    [Fact]
    public void Sizes_at_the_begin_of_a_block_are_obeyed_in_order()
    {
        HpackDecoder decoder = Decoder();
        FieldList.Decode(decoder, "4001610162");
        Assert.Equal(":method: GET", FieldList.Decode(decoder, "20 3fe11f 82"));
        Assert.Equal(0, decoder.TableSize);
        Assert.Equal("InvalidIndex", FieldList.Decode(decoder, "be"));
    }

    [Fact]
    public void References_to_one_large_entry_cost_no_memory()
    {
        HpackDecoder decoder = Decoder();
        FieldList.Decode(decoder, "400161 7fa11e" + string.Concat(Enumerable.Repeat("78", 4000)));
        byte[] bomb = new byte[60_000];
        bomb.AsSpan().Fill(0xBE);
        CountingSink sink = default;
        Assert.Equal(HpackError.None, decoder.Decode(bomb, ref sink));
        Assert.Equal(60_000, sink.Fields);
        Assert.InRange(decoder.TableSize, 4000, 4096);
    }

    private static HpackDecoder Decoder() => new(4096, new HpackScratch());

    private struct CountingSink : IFieldSink
    {
        public int Fields { get; private set; }

        public void OnField(Tidegate.Http.Headers.KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value) => Fields++;
    }
}
