using System.Buffers;
using System.Buffers.Text;

namespace Tidegate.Proxy.Filters.GrpcWeb;

/// <summary>
/// Decodes the base64 of <c>application/grpc-web-text</c>, however it is split. Clients encode message by message, so padding may stand at the end of any group
/// of four, and not only of the last.
/// </summary>
internal sealed class WebTextDecoder
{
    private const int GroupChars = 4;
    private const int GroupBytes = 3;

    private static readonly SearchValues<byte> Alphabet = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="u8);

    private readonly byte[] _group = new byte[GroupChars];
    private int _groupLength;
    private byte[] _decoded = [];

    /// <summary>Whether all that came was whole groups.</summary>
    public bool IsAtEndOfGroup => _groupLength == 0;

    /// <summary>Decodes what is whole of a piece; the rest waits for the next one. False: it is no base64.</summary>
    /// <param name="text">The piece.</param>
    /// <param name="data">What it says; valid until the next call.</param>
    public bool TryDecode(ReadOnlySpan<byte> text, out ReadOnlyMemory<byte> data)
    {
        data = default;
        if (text.ContainsAnyExcept(Alphabet))
        {
            return false;
        }

        int room = (text.Length + _groupLength) / GroupChars * GroupBytes;
        if (_decoded.Length < room)
        {
            _decoded = new byte[room];
        }

        int length = 0;
        while (!text.IsEmpty)
        {
            ReadOnlySpan<byte> run = TakeRun(ref text);
            if (run.IsEmpty)
            {
                break;
            }

            if (Base64.DecodeFromUtf8(run, _decoded.AsSpan(length), out int consumed, out int written) != OperationStatus.Done || consumed != run.Length)
            {
                return false;
            }

            length += written;
        }

        data = _decoded.AsMemory(0, length);
        return true;
    }

    /// <summary>Forgets what has come.</summary>
    public void Reset() => _groupLength = 0;

    // Whole groups of which only the last is padded; empty when there is no whole group.
    private ReadOnlySpan<byte> TakeRun(ref ReadOnlySpan<byte> text)
    {
        if (_groupLength > 0 || text.Length < GroupChars)
        {
            int taken = Math.Min(GroupChars - _groupLength, text.Length);
            text[..taken].CopyTo(_group.AsSpan(_groupLength));
            text = text[taken..];
            _groupLength += taken;
            if (_groupLength < GroupChars)
            {
                return default;
            }

            _groupLength = 0;
            return _group;
        }

        int padding = text.IndexOf((byte)'=');
        int length = padding < 0 ? text.Length / GroupChars * GroupChars : Math.Min((padding / GroupChars) + 1, text.Length / GroupChars) * GroupChars;
        ReadOnlySpan<byte> run = text[..length];
        text = text[length..];
        return run;
    }
}
