using System.Buffers.Binary;
using Tidegate.Http.Headers;
using Tidegate.Proxy.Routing;

namespace Tidegate.Proxy.Filters.GrpcWeb;

/// <summary>What is known of one gRPC-Web exchange.</summary>
internal sealed class GrpcWebState : IFilterState
{
    // gRPC-Web: a frame whose flags have the highest bit holds trailers.
    private const byte TrailerFlag = 0x80;
    private const int FrameHeaderBytes = 5;

    private byte[] _trailers = [];

    /// <summary>Whether it is one.</summary>
    public bool IsActive { get; private set; }

    /// <summary>Whether the request's body is base64.</summary>
    public bool IsTextRequest { get; private set; }

    /// <summary>Whether the client wants the answer's body in base64.</summary>
    public bool IsTextAnswer { get; private set; }

    /// <summary>Whether messages follow, and trailers as one of them.</summary>
    public bool IsEncoding { get; set; }

    /// <summary>Decodes the request.</summary>
    public WebTextDecoder Decoder { get; } = new();

    /// <summary>Encodes the answer.</summary>
    public WebTextEncoder Encoder { get; } = new();

    /// <summary>Begins with a request.</summary>
    public void Begin(bool isText, bool isTextAnswer)
    {
        IsActive = true;
        IsTextRequest = isText;
        IsTextAnswer = isTextAnswer;
    }

    /// <summary>Makes a frame of trailers; empty where there are none. Valid until the next call.</summary>
    public ReadOnlyMemory<byte> WriteTrailers(HeaderMap trailers)
    {
        if (trailers.Count == 0)
        {
            return default;
        }

        var frame = new ByteBuilder(stackalloc byte[512]);
        frame.Append([TrailerFlag, 0, 0, 0, 0]);
        foreach (HeaderEntry field in trailers)
        {
            frame.Append(field.Name);
            frame.Append((byte)':');
            frame.Append(field.Value);
            frame.Append("\r\n"u8);
        }

        int length = frame.Length;
        if (_trailers.Length < length)
        {
            _trailers = new byte[length];
        }

        frame.Written.CopyTo(_trailers);
        frame.Dispose();
        BinaryPrimitives.WriteInt32BigEndian(_trailers.AsSpan(1), length - FrameHeaderBytes);
        return _trailers.AsMemory(0, length);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        IsActive = false;
        IsTextRequest = false;
        IsTextAnswer = false;
        IsEncoding = false;
        Decoder.Reset();
        Encoder.Reset();
    }
}
