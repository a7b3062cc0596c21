using System.Text;
using Tidegate.Http.Headers;
using Tidegate.Http.Http2.Hpack;

namespace Tidegate.Http.Tests.Http2.Hpack;

/// <summary>A sink that keeps all fields, one <c>name: value</c> each.</summary>
internal readonly struct FieldList() : IFieldSink
{
    public List<string> Fields { get; } = [];

    public void OnField(KnownHeader known, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        Assert.Equal(KnownHeaders.FindLowerCase(name), known);
        Fields.Add($"{Encoding.Latin1.GetString(name)}: {Encoding.Latin1.GetString(value)}");
    }

    /// <summary>Decodes a block in hexadecimal digits and shows the fields, or the error.</summary>
    public static string Decode(HpackDecoder decoder, string block)
    {
        FieldList list = new();
        HpackError error = decoder.Decode(Convert.FromHexString(block.Replace(" ", "", StringComparison.Ordinal)), ref list);
        return error == HpackError.None ? string.Join('\n', list.Fields) : error.ToString();
    }
}
