namespace Tidegate.Proxy.Telemetry;

/// <summary>What one connection adds to a gauge of bytes that wait: told anew it replaces what was told before.</summary>
internal struct BufferedBytes
{
    private int _noted;

    /// <summary>So many bytes wait now.</summary>
    public void Note(ref long gauge, int bytes)
    {
        gauge += bytes - _noted;
        _noted = bytes;
    }
}
