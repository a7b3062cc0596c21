using Tidegate.Http.Http2.Hpack;

namespace Tidegate.Http.Http2;

/// <summary>What decoding needs for the moment, and all connections of a thread share.</summary>
public sealed class Http2Scratch
{
    /// <summary>Room for names and values.</summary>
    public HpackScratch Hpack { get; } = new();

    /// <summary>Room for joined cookies.</summary>
    public CookieCrumbs Cookies { get; } = new();
}
