namespace Tidegate.Proxy.Wire;

/// <summary>One message that is sent on a stream of HTTP/2, whichever end this is: what its <see cref="Http2BodyWriter"/> has to know. All is called on the loop.</summary>
internal interface IHttp2BodySource
{
    /// <summary>Whether nothing more goes out: the stream was reset, or its connection has ended.</summary>
    bool IsSendingOver { get; }

    /// <summary>Has what waits on the connection sent at the end of the loop's turn.</summary>
    void Flush();

    /// <summary>A piece cannot go on: it waits for the peer's windows, for room in the output, or for the other streams' turns. May end the stream instead.</summary>
    void OnSendingWaits()
    {
    }

    /// <summary>A piece that waited has gone on, whole or in part.</summary>
    void OnSendingGoesOn()
    {
    }

    /// <summary>A piece that waited has left, or nothing more goes out.</summary>
    void OnSendingDone()
    {
    }
}
