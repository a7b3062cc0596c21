using System.Runtime.CompilerServices;
using Tidegate.Net;
using Tidegate.Net.Timers;
using Tidegate.Proxy.Listeners.Inspection;
using Tidegate.Proxy.ProxyProtocol;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Workers;

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
    private readonly LoopSignal _readable;
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
        _readable = new LoopSignal(listener.Worker.Loop);
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
            _listener.Serve(_connection, _traits, Acceptance);
        }
        else
        {
            _connection.Close();
            _listener.OnDropped(Acceptance);
        }
    }

    /// <inheritdoc/>
    public override void Drain(DrainReason reason)
    {
        if (reason == DrainReason.Removed)
        {
            Cut();
        }
    }

    /// <inheritdoc/>
    public override void Cut()
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
        if (_listener.ProxyHeader is { } policy && !await ReadProxyHeaderAsync(policy))
        {
            return false;
        }

        if (_listener.InspectsClientHello)
        {
            return await InspectAsync();
        }

        return true;
    }

    // Takes the header off the connection: what is behind it is what the client sent.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder<>))]
    private async ValueTask<bool> ReadProxyHeaderAsync(ProxyHeaderPolicy policy)
    {
        _timer.Start(Math.Min(_listener.ListenerFiltersTimeoutMs, Worker.Options.ProxyHeaderTimeoutMs));
        int seen = 0;
        while (true)
        {
            ProxyHeader header = default;
            ProxyHeaderResult result = Peek(ref seen, ProxyHeaderReader.MaxBytes) ? ProxyHeaderReader.Read(_listener.Listeners.PeekBuffer.AsSpan(0, seen), out header) : ProxyHeaderResult.NeedMore;
            if (result == ProxyHeaderResult.Complete && policy.Takes(header.Version) && IsProxyTrusted())
            {
                await TakeAsync(header.Length);
                _timer.Start(_listener.ListenerFiltersTimeoutMs);
                if (header.HasAddresses)
                {
                    _traits.RemoteAddress = header.Source;
                    _traits.LocalAddress = header.Destination;
                }

                return true;
            }

            if (result == ProxyHeaderResult.None && policy.IsOptional)
            {
                return true;
            }

            if (_isEnded)
            {
                return false;
            }

            if (result != ProxyHeaderResult.NeedMore)
            {
                _listener.Stats.DownstreamListenerFilterError++;
                return false;
            }

            if (!await WaitAsync())
            {
                return false;
            }
        }
    }

    // Removes what was peeked at. It is there, so this does not wait.
    [AsyncMethodBuilder(typeof(LoopMethodBuilder))]
    private async ValueTask TakeAsync(int count)
    {
        _connection.EndPeek();
        Memory<byte> buffer = _listener.Listeners.PeekBuffer.AsMemory(0, count);
        while (!buffer.IsEmpty)
        {
            IoResult received = await _connection.ReceiveAsync(buffer);
            if (received.IsError || received.IsEof)
            {
                _isEnded = true;
                return;
            }

            buffer = buffer[received.Bytes..];
        }
    }

    private bool IsProxyTrusted()
    {
        IReadOnlyList<System.Net.IPNetwork> sources = Worker.Options.ProxyHeaderSources;
        if (sources.Count == 0)
        {
            return true;
        }

        System.Net.IPAddress peer = _traits.PeerAddress.ToIPAddress();
        foreach (System.Net.IPNetwork source in sources)
        {
            if (source.Contains(peer))
            {
                return true;
            }
        }

        return false;
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
                CountInspected(result, seen);
                return true;
            }

            if (result == ClientHelloResult.Malformed)
            {
                Worker.TlsInspectorStats.ClientHelloTooLarge += seen >= ClientHelloReader.MaxBytes ? 1 : 0;
                _listener.Stats.DownstreamListenerFilterError++;
                _listener.LogRefused(_traits, failure: "the ClientHello cannot be read");
                return false;
            }

            if (!await WaitAsync())
            {
                return _isTimedOut && _listener.ContinuesOnListenerFiltersTimeout;
            }
        }
    }

    private void CountInspected(ClientHelloResult result, int seen)
    {
        TlsInspectorStats stats = Worker.TlsInspectorStats;
        if (_isEnded)
        {
            return; // nothing came that could be told
        }

        stats.BytesProcessed.Record(seen);
        if (result == ClientHelloResult.NotTls)
        {
            stats.TlsNotFound++;
            return;
        }

        stats.TlsFound++;
        bool hasName = _traits.ServerName.Length > 0;
        stats.SniFound += hasName ? 1 : 0;
        stats.SniNotFound += hasName ? 0 : 1;
        bool hasProtocols = _traits.ApplicationProtocols.Count > 0;
        stats.AlpnFound += hasProtocols ? 1 : 0;
        stats.AlpnNotFound += hasProtocols ? 0 : 1;
    }

    // Looks at what has come. Nothing more has come and nothing will: that is the end of it.
    private ClientHelloResult Inspect(ref int seen)
    {
        if (!Peek(ref seen, ClientHelloReader.MaxBytes))
        {
            return _isEnded ? ClientHelloResult.NotTls : ClientHelloResult.NeedMore;
        }

        ClientHelloResult result = ClientHelloReader.Read(_listener.Listeners.PeekBuffer.AsSpan(0, seen), out ClientHello hello);
        if (result == ClientHelloResult.Complete)
        {
            _traits.IsTls = true;
            _traits.ServerName = hello.ServerName;
            _traits.ApplicationProtocols = hello.ApplicationProtocols;
            _traits.OffersCommonSuite = hello.OffersCommonSuite;
            _traits.TakesEcdsa = hello.TakesEcdsa;
        }

        return result;
    }

    // Looks at what has come, into the worker's buffer. False: nothing has, or nothing more will.
    private bool Peek(ref int seen, int maxBytes)
    {
        IoResult peeked = _connection.Peek(_listener.Listeners.PeekBuffer.AsSpan(0, maxBytes));
        if (peeked.Error == IoError.WouldBlock)
        {
            return false;
        }

        if (peeked.IsError || peeked.IsEof || (_connection.HasPeerClosed && peeked.Bytes == seen))
        {
            _listener.Stats.DownstreamListenerFilterRemoteClose++;
            _isEnded = true;
            return false;
        }

        seen = peeked.Bytes;
        return true;
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
