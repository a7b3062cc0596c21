namespace Tidegate.Http.Http2.Streams;

/// <summary>Where a server's connection gets the streams for the requests of its peer.</summary>
public interface IHttp2StreamSource
{
    /// <summary>A stream that is in no use. It belongs to the connection until its owner releases it (<c>Http2Connection.Release</c>).</summary>
    Http2Stream Rent();
}
