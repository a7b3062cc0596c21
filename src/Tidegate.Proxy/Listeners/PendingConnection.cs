using System.Runtime.CompilerServices;
using Tidegate.Net;
using Tidegate.Proxy.Exchanges;
using Tidegate.Proxy.Listeners.Inspection;
using Tidegate.Proxy.Runtime.FilterChains;

namespace Tidegate.Proxy.Listeners;

/// <summary>
/// A client's connection from accept to the moment when its filter chain serves it, on listeners that have to look at it first:
/// listener filters, choice of the chain. It is only looked at: what comes after finds every byte. While it waits
/// for the client it holds no buffer.
/// </summary>
internal sealed class PendingConnection : AcceptedConnection, IConnectionEvents
{
    private readonly WorkerListener _listener;
    private readonly Connection _connection;
    private readonly ConnectionTraits _traits;
    private readonly LoopSignal _readable = new();
    private readonly CallbackTimer _timer;
    private bool _isTimedOut;

    // The client is gone, or the listener.
    private bool _isEnded;

    public PendingConnection(WorkerListener listener, Connection connection)
    {
        _listener = listener;
        _connection = connection;
        _traits = new ConnectionTraits
        {
            PeerAddress = connection.RemoteAddress,
            RemoteAddress = connection.RemoteAddress,
            LocalAddress = connection.LocalAddress,
        };
        _timer = new CallbackTimer(listener.Worker.Loop.Timers, OnTimeout);
    }

    private Worker Worker => _listener.Worker;

    /// <summary>Looks at the connection, and hands it to its filter chain or closes it.</summary>
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    public async ValueTask RunAsync()
    {
        _listener.Stats.DownstreamPreCxActive++;
        _timer.Start(_listener.ListenerFiltersTimeoutMs);
        bool isPassed = false;
        try
        {
            isPassed = await FilterAsync();
        }
        catch (Exception exception)
        {
            // A bug: it costs this connection and nothing else (edge.md, L05).
            Worker.ReportUnhandled(exception, "looking at a new connection");
        }

        _timer.Stop();
        _listener.Stats.DownstreamPreCxActive--;
        _listener.Remove(this);
        if (isPassed && !_isEnded && _connection.IsOpen)
        {
            _connection.EndPeek();
            _listener.Serve(_connection, _traits, IsCounted);
        }
        else
        {
            _connection.Close();
            _listener.OnDropped(IsCounted);
        }
    }

    /// <inheritdoc/>
    public override void Drain()
    {
        _isEnded = true;
        _readable.Set();
    }

    /// <inheritdoc/>
    public void OnReadable() => _readable.Set();

    /// <inheritdoc/>
    public void OnPeerClosed(bool reset) => _readable.Set();

    private void OnTimeout()
    {
        _isTimedOut = true;
        _readable.Set();
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> FilterAsync()
    {
        if (_listener.InspectsClientHello)
        {
            return await InspectAsync();
        }

        return true;
    }

    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> InspectAsync()
    {
        int seen = 0;
        while (true)
        {
            ClientHelloResult result = Inspect(ref seen);
            if (result is ClientHelloResult.Complete or ClientHelloResult.NotTls)
            {
                return true;
            }

            if (result == ClientHelloResult.Malformed)
            {
                _listener.Stats.DownstreamListenerFilterError++;
                return false;
            }

            if (!await WaitAsync())
            {
                return _isTimedOut && _listener.ContinuesOnListenerFiltersTimeout;
            }
        }
    }

    // Looks at what has come. Nothing more has come and nothing will: that is the end of it.
    private ClientHelloResult Inspect(ref int seen)
    {
        Span<byte> bytes = Worker.PeekBuffer.AsSpan(0, ClientHelloReader.MaxBytes);
        IoResult peeked = _connection.Peek(bytes);
        if (peeked.Error == IoError.WouldBlock)
        {
            return ClientHelloResult.NeedMore;
        }

        if (peeked.IsError || peeked.IsEof || (_connection.HasPeerClosed && peeked.Bytes == seen))
        {
            _listener.Stats.DownstreamListenerFilterRemoteClose++;
            _isEnded = true;
            return ClientHelloResult.NotTls;
        }

        seen = peeked.Bytes;
        ClientHelloResult result = ClientHelloReader.Read(bytes[..peeked.Bytes], out ClientHello hello);
        if (result == ClientHelloResult.Complete)
        {
            _traits.IsTls = true;
            _traits.ServerName = hello.ServerName;
            _traits.ApplicationProtocols = hello.ApplicationProtocols;
        }

        return result;
    }

    // Waits for the client. False: there is nothing to wait for any more.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> WaitAsync()
    {
        if (!_isTimedOut && !_isEnded)
        {
            _connection.WhenReadable(this);
            await _readable.WaitAsync();
            if (_connection.IsOpen)
            {
                _connection.WhenReadable(null);
            }
        }

        if (_isTimedOut)
        {
            _listener.Stats.DownstreamPreCxTimeout++;
        }

        return !_isTimedOut && !_isEnded;
    }
}
