using System.IO.Hashing;
using Tidegate.Net;

namespace Tidegate.Proxy.Runtime.Hashing;

/// <summary>By the client's address, without its port (Envoy: <c>connection_properties.source_ip</c>).</summary>
public sealed class SourceAddressHash : HashPolicy
{
    /// <inheritdoc/>
    public override ulong? Compute(in HashSource source, ref List<byte[]>? setCookies)
    {
        if (!source.Client.IsValid)
        {
            return null;
        }

        Span<byte> text = stackalloc byte[NetAddress.MaxTextLength];
        return XxHash64.HashToUInt64(text[..source.Client.TryFormat(text, withPort: false)]);
    }
}
