using Tidegate.Http.Http2.Connections;
using Tidegate.Http.Http2.Streams;

namespace Tidegate.Proxy.Wire;

/// <summary>One end of an HTTP/2 connection: what becomes of what its <see cref="Http2Transport"/> moves. All is called on the loop.</summary>
internal interface IHttp2End
{
    /// <summary>Whether what comes is still of interest.</summary>
    bool IsServing { get; }

    /// <summary>The peer has said something.</summary>
    /// <param name="next">What.</param>
    /// <param name="data">The bytes of <see cref="Http2EventKind.Data"/>; valid during the call.</param>
    void OnEvent(in Http2Event next, ReadOnlySpan<byte> data);

    /// <summary>All that is here was done.</summary>
    /// <param name="hasAdvanced">Whether anything of it was whole.</param>
    void OnProcessed(bool hasAdvanced)
    {
    }

    /// <summary>A stream that waited may send again.</summary>
    void OnWritable(Http2Stream stream);

    /// <summary>Bytes came.</summary>
    void OnReceived(int count)
    {
    }

    /// <summary>Bytes were sent.</summary>
    void OnSent(int count)
    {
    }

    /// <summary>So many bytes that came wait now: no more of them could be understood, or was wanted.</summary>
    void OnBuffered(int bytes)
    {
    }

    /// <summary>A send of so many bytes has to wait for the peer.</summary>
    void OnSendWaits(int bytes)
    {
    }

    /// <summary>It waits no more.</summary>
    void OnSendGoesOn(int bytes)
    {
    }

    /// <summary>Nothing waits to be sent any more.</summary>
    void OnAllSent()
    {
    }

    /// <summary>Nothing can be sent any more.</summary>
    void OnSendFailed()
    {
    }

    /// <summary>The connection has ended.</summary>
    /// <param name="isByPeer">Whether the peer has ended it, or the network; otherwise the peer has sent more than is dropped for it.</param>
    void OnEnded(bool isByPeer);

    /// <summary>A bug of ours: it costs this connection and nothing else (edge.md, L05).</summary>
    void OnFault(Exception exception);
}
