namespace Tidegate.Http.Http2;

/// <summary>Which end of a connection this is.</summary>
public enum Http2Role : byte
{
    /// <summary>Takes requests: its peer's streams are odd.</summary>
    Server,

    /// <summary>Makes requests: its own streams are odd.</summary>
    Client,
}
