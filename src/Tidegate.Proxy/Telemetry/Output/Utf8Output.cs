using System.Buffers;
using System.Globalization;
using System.Text;

namespace Tidegate.Proxy.Telemetry.Output;

/// <summary>Appends text and numbers, always invariant, to a buffer of UTF-8.</summary>
internal readonly struct Utf8Output(IBufferWriter<byte> buffer)
{
    public void Append(ReadOnlySpan<byte> utf8) => buffer.Write(utf8);

    public void Append(ReadOnlySpan<char> text) => Encoding.UTF8.GetBytes(text, buffer);

    public void Append(ulong value)
    {
        value.TryFormat(buffer.GetSpan(20), out int written, provider: CultureInfo.InvariantCulture);
        buffer.Advance(written);
    }

    /// <summary>At most six decimals; <c>nan</c> for what is no number.</summary>
    public void Append(double value)
    {
        if (double.IsNaN(value))
        {
            Append("nan"u8);
            return;
        }

        Span<byte> span = buffer.GetSpan(64);
        value.TryFormat(span, out int written, "0.######", CultureInfo.InvariantCulture);
        buffer.Advance(written);
    }
}
