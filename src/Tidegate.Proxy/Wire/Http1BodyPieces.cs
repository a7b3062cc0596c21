using Tidegate.Http.Http1;
using Tidegate.Net.Buffers;

namespace Tidegate.Proxy.Wire;

/// <summary>Takes the pieces of an HTTP/1.1 body out of what was received, either way.</summary>
internal static class Http1BodyPieces
{
    /// <summary>
    /// The next piece that is here, without waiting; <see cref="BodyResult.NeedMore"/> when nothing is. The piece is a part of
    /// <paramref name="received"/> and valid until that receives again.
    /// </summary>
    public static BodyResult Next(ref Http1BodyReader body, ref ReceiveBuffer received, out ReadOnlyMemory<byte> data)
    {
        while (true)
        {
            BodyResult result = body.Read(received.Pending, out int consumed, out int offset, out int length);
            data = result == BodyResult.Data ? received.Slice(offset, length) : default;
            received.Consume(consumed);
            if (result != BodyResult.NeedMore || consumed == 0 || received.Length == 0)
            {
                return result;
            }
        }
    }
}
