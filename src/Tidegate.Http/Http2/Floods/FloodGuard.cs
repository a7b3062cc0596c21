namespace Tidegate.Http.Http2.Floods;

/// <summary>
/// Counts what costs a peer next to nothing, against what it does besides (spec edge 2b). Each method counts one event and says which flood it is by now, or none.
/// Well-behaved peers earn what they need: the counts fall, or the limits rise, with every stream that ends well.
/// </summary>
internal sealed class FloodGuard(Http2Limits limits)
{
    private const int MsPerSecond = 1000;

    private int _streams;
    private int _priorities;
    private long _windowUpdates;
    private long _dataFramesSent;
    private int _emptyFrames;
    private int _ignoredFrames;
    private int _streamErrors;
    private int _goodStreams;
    private int _controlFrames;
    private long _controlSecond;
    private int _queuedAnswers;
    private int _requests;
    private int _prematureResets;

    /// <summary>A stream begins.</summary>
    public void OnStream()
    {
        _streams++;
        _requests++;
        if (_requests >= 2 * limits.PrematureResetQuota)
        {
            _requests /= 2;
            _prematureResets /= 2;
        }
    }

    /// <summary>A stream was ended by both sides.</summary>
    public void OnStreamEnded()
    {
        const int GoodStreamsPerError = 4;
        const int IgnoredFramesPerStream = 10;
        _ignoredFrames = Math.Max(0, _ignoredFrames - IgnoredFramesPerStream);
        if (++_goodStreams == GoodStreamsPerError)
        {
            _goodStreams = 0;
            _streamErrors = Math.Max(0, _streamErrors - 1);
        }
    }

    /// <summary>The peer has reset a stream that was so old and not answered yet.</summary>
    public Http2Fault OnPeerReset(long ageMs)
    {
        if (ageMs >= limits.PrematureResetMs)
        {
            return Http2Fault.None;
        }

        _prematureResets++;
        return 2L * _prematureResets >= Math.Max(_requests, limits.PrematureResetQuota) ? Http2Fault.RapidReset : Http2Fault.None;
    }

    /// <summary>We had to reset or refuse a stream.</summary>
    public Http2Fault OnStreamError() => ++_streamErrors > limits.MaxStreamErrors ? Http2Fault.StreamErrorFlood : Http2Fault.None;

    /// <summary>A HEADERS, CONTINUATION or DATA frame that ends nothing.</summary>
    public Http2Fault OnFrameWithin(bool isEmpty)
    {
        _emptyFrames = isEmpty ? _emptyFrames + 1 : 0;
        return _emptyFrames > limits.MaxEmptyFrames ? Http2Fault.EmptyFrameFlood : Http2Fault.None;
    }

    /// <summary>A PRIORITY frame.</summary>
    public Http2Fault OnPriority() => ++_priorities > (long)limits.MaxPriorityFramesPerStream * (1 + _streams) ? Http2Fault.PriorityFlood : Http2Fault.None;

    /// <summary>A DATA frame is sent.</summary>
    public void OnDataSent() => _dataFramesSent++;

    /// <summary>A WINDOW_UPDATE frame.</summary>
    public Http2Fault OnWindowUpdate()
    {
        long allowed = limits.MaxWindowUpdatesPerDataFrame * ((10L * (1 + _streams)) + _dataFramesSent);
        return ++_windowUpdates > allowed ? Http2Fault.WindowUpdateFlood : Http2Fault.None;
    }

    /// <summary>A frame that we have to answer: PING or SETTINGS.</summary>
    public Http2Fault OnControlFrame(long nowMs)
    {
        if (nowMs - _controlSecond >= MsPerSecond)
        {
            _controlSecond = nowMs;
            _controlFrames = 0;
        }

        _queuedAnswers++;
        return ++_controlFrames > limits.MaxControlFrames || _queuedAnswers > limits.MaxControlFrames ? Http2Fault.ControlFrameFlood : Http2Fault.None;
    }

    /// <summary>All that waited was sent.</summary>
    public void OnSent() => _queuedAnswers = 0;

    /// <summary>A frame that is ignored.</summary>
    public Http2Fault OnIgnoredFrame(int weight = 1) => (_ignoredFrames += weight) > limits.MaxIgnoredFrames ? Http2Fault.IgnoredFrameFlood : Http2Fault.None;
}
