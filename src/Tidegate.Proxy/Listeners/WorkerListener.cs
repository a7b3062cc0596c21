using Envoy.Config.Core.V3;
using Envoy.Config.Listener.V3;
using Tidegate.Net;
using Tidegate.Proxy.AccessLogs;
using Tidegate.Proxy.ProxyProtocol;
using Tidegate.Proxy.Requests;
using Tidegate.Proxy.Runtime.FilterChains;
using Tidegate.Proxy.Telemetry;
using Tidegate.Proxy.Tls;
using Tidegate.Proxy.Workers;

namespace Tidegate.Proxy.Listeners;

/// <summary>
/// One worker's half of a listener: its sockets, its connections, and the configuration in force. A change of configuration
/// keeps sockets whose address stays, and connections see it with their next request.
/// </summary>
internal sealed class WorkerListener : IAcceptHandler
{
    private const string NoChainFound = "filter_chain_not_found";

    private readonly Dictionary<ListenAddress, ListenSocket> _sockets = [];
    private RuntimeListener _listener;
    private Dictionary<RuntimeFilterChain, WorkerFilterChain> _chains = [];
    private RuntimeAccessLog[] _accessLogs = [];
    private WorkerFilterChain? _direct;
    private AcceptedConnection? _firstConnection;
    private ListenerScopes _scopes = null!;
    private bool _isLeft;

    public WorkerListener(WorkerListeners listeners, RuntimeListener listener)
    {
        Listeners = listeners;
        _listener = listener;
        Apply(listener);
    }

    /// <summary>All listeners of the worker.</summary>
    public WorkerListeners Listeners { get; }

    /// <summary>The worker that owns it.</summary>
    public Worker Worker => Listeners.Worker;

    /// <summary>This worker's counters of the listener.</summary>
    public ListenerStats Stats { get; private set; } = null!;

    /// <summary>The same of its TLS; null when none of its chains has any.</summary>
    public TlsStats? TlsStats { get; private set; }

    /// <summary>Whether requests count as the mesh's: those for the gateway's own pages do not.</summary>
    public bool IsTelemetryOn => !_listener.IsStatic;

    /// <summary>Whether the gateway's own pages are behind it, which answer whatever else is refused.</summary>
    public bool IsOfPages => _listener.IsStatic;

    /// <summary>The filter chains in force.</summary>
    public FilterChainTable Chains => _listener.Chains;

    /// <summary>Whether a ClientHello has to be read before the filter chain can be chosen.</summary>
    public bool InspectsClientHello => _listener.InspectsClientHello;

    /// <summary>What PROXY headers connections begin with; null when they have none.</summary>
    public ProxyHeaderPolicy? ProxyHeader => _listener.ProxyHeader;

    /// <summary>How long the listener filters may wait for the client.</summary>
    public long ListenerFiltersTimeoutMs => _listener.ListenerFiltersTimeoutMs;

    /// <summary>Whether a connection goes on with what is known of it when that time has passed.</summary>
    public bool ContinuesOnListenerFiltersTimeout => _listener.ContinuesOnListenerFiltersTimeout;

    /// <summary>Takes another configuration; opens and closes sockets where the addresses differ.</summary>
    public IReadOnlyList<BindFailure> Update(RuntimeListener listener, IReadOnlyList<ListenAddress> addresses)
    {
        if (listener != _listener)
        {
            Apply(listener);
        }

        List<BindFailure> failures = [];
        if (IsIn(Listeners.StoppedListeners))
        {
            return failures;
        }

        foreach ((ListenAddress address, ListenSocket socket) in _sockets.ToArray())
        {
            if (!addresses.Contains(address))
            {
                socket.Close();
                _sockets.Remove(address);
            }
        }

        foreach (ListenAddress address in addresses)
        {
            if (_sockets.ContainsKey(address))
            {
                continue;
            }

            var options = new ListenOptions
            {
                Backlog = (int)Math.Min(listener.TcpBacklogSize ?? (uint)Worker.Options.ListenBacklog, int.MaxValue),
                DescriptorLimit = Worker.Options.DescriptorLimitOf(_listener.IsStatic),
                Buffers = Worker.Options.SocketBuffers,
                SocketOptions = _listener.SocketOptions,
            };
            ListenSocket? socket = Worker.Loop.Listen(address.EndPoint, options, this, out IoError error);
            if (socket is null)
            {
                failures.Add(new BindFailure(address, error));
            }
            else
            {
                _sockets.Add(address, socket);
            }
        }

        if (listener.SocketOptions.Count > 0)
        {
            SetSocketOptions();
        }

        return failures;
    }

    // Sockets stay when a listener changes: what it asks for now holds for connections from now on.
    private void SetSocketOptions()
    {
        foreach (ListenSocket socket in _sockets.Values)
        {
            foreach (Net.SocketOption refused in socket.SetOptions(_listener.SocketOptions))
            {
                Listeners.ReportSocketOption(_listener.Name, refused);
            }
        }
    }

    /// <summary>The listener is gone: nothing new is accepted, connections end with the answer that is under way.</summary>
    public void Close()
    {
        IsClosed = true;
        Stop();
        NoteLeft();
        ForEach(static connection => connection.Drain(DrainReason.Removed));
    }

    /// <summary>Accepts what the kernel has let in already, and then nothing any more. Its connections go on. False: it had no sockets.</summary>
    public bool Stop()
    {
        bool wasOpen = _sockets.Count > 0;
        foreach (ListenSocket socket in _sockets.Values)
        {
            socket.Close();
        }

        _sockets.Clear();
        return wasOpen;
    }

    /// <summary>Does something with each of its connections, which may end it.</summary>
    public void ForEach(Action<AcceptedConnection> action)
    {
        AcceptedConnection? connection = _firstConnection;
        while (connection is not null)
        {
            AcceptedConnection? next = connection.Next;
            action(connection);
            connection = next;
        }
    }

    /// <summary>The one of its connections that holds most; null when it has none.</summary>
    public AcceptedConnection? LargestConnection()
    {
        AcceptedConnection? largest = _firstConnection;
        for (AcceptedConnection? next = largest?.Next; next is not null; next = next.Next)
        {
            largest = next.HeldBytes > largest!.HeldBytes ? next : largest;
        }

        return largest;
    }

    /// <summary>Whether it is one of these.</summary>
    public bool IsIn(DrainScope scope) => scope switch
    {
        DrainScope.None => false,
        DrainScope.Inbound => _listener.Source.TrafficDirection == TrafficDirection.Inbound,
        DrainScope.Traffic => !_listener.IsStatic,
        _ => true,
    };

    /// <summary>Whether connections are to end after the answer that is under way.</summary>
    public bool IsDraining => IsClosed || Worker.IsHealthCheckFailing || IsIn(Listeners.DrainingListeners);

    /// <summary>Whether it is not configured any more.</summary>
    public bool IsClosed { get; private set; }

    /// <inheritdoc/>
    public void OnAccepted(Connection connection)
    {
        if (!IsOfPages && Worker.Memory.RefusesConnections)
        {
            Stats.DownstreamCxOverloadReject++;
            connection.Close();
            return;
        }

        var acceptance = new Acceptance(!_listener.IgnoresGlobalConnectionLimit, Stats, Worker.Loop.NowUs);
        if (LimitFor(acceptance) is { } limit && !limit.TryTake())
        {
            Stats.DownstreamGlobalCxOverflow++;
            connection.Close();
            return;
        }

        if (!_listener.IsStatic)
        {
            Listeners.OnConnectionOpened();
        }

        if (_direct is { } chain)
        {
            Accept(chain, connection, null, acceptance);
            return;
        }

        var pending = new PendingConnection(this, connection) { Acceptance = acceptance };
        Add(pending);
        Worker.Run(pending.RunAsync());
    }

    /// <inheritdoc/>
    public void OnAcceptedTogether(int count) => Stats.ConnectionsAcceptedPerSocketEvent.Record(count);

    /// <inheritdoc/>
    public void OnAcceptFailed(IoError error) => Stats.DownstreamCxOverflow++;

    /// <summary>Chooses the filter chain of a connection and lets it serve that, or closes it where there is none.</summary>
    public void Serve(Connection connection, ConnectionTraits traits, Acceptance acceptance)
    {
        RuntimeFilterChain? chain = _listener.Chains.Find(traits);
        if (chain is null or { IsUnavailable: true })
        {
            Stats.NoFilterChainMatch++;
            LogRefused(traits, chain is null ? NoChainFound : "filter_chain_not_configured", InspectsClientHello && !traits.IsTls ? "no ClientHello" : null);
            connection.Close();
            OnDropped(acceptance);
            return;
        }

        Accept(_chains[chain], connection, traits, acceptance);
    }

    /// <summary>Logs a connection that no filter chain is for (Envoy: the listener's own access log, which control planes restrict to the flag NR).</summary>
    /// <param name="traits">What is known of it.</param>
    /// <param name="details">Why it is closed.</param>
    /// <param name="failure">What is wrong with what the client sent; null when nothing is.</param>
    public void LogRefused(ConnectionTraits traits, string details = NoChainFound, string? failure = null)
    {
        if (_accessLogs.Length == 0)
        {
            return;
        }

        HttpExchange exchange = Listeners.BeginConnectionLog(traits, Worker.Loop.NowUs);
        exchange.Flags = ResponseFlags.NoRouteFound;
        exchange.ResponseCodeDetails = details;
        exchange.DownstreamTransportFailureReason = failure?.Replace(' ', '_');
        Listeners.EndConnectionLog(_accessLogs);
    }

    /// <summary>Puts a connection in the list of those that end with the listener.</summary>
    public void Add(AcceptedConnection connection)
    {
        connection.Next = _firstConnection;
        if (_firstConnection is not null)
        {
            _firstConnection.Previous = connection;
        }

        _firstConnection = connection;
        NoteLeft();
        if (connection.Chain is { IsRemoved: true } chain)
        {
            NoteLeft(chain);
        }
    }

    /// <summary>Takes it out of the list.</summary>
    public void Remove(AcceptedConnection connection)
    {
        if (connection.Previous is null)
        {
            _firstConnection = connection.Next;
        }
        else
        {
            connection.Previous.Next = connection.Next;
        }

        if (connection.Next is not null)
        {
            connection.Next.Previous = connection.Previous;
        }

        connection.Next = null;
        connection.Previous = null;
        if (connection.Chain is { IsRemoved: true } chain && --chain.LeftConnections == 0)
        {
            chain.Scopes.Drain.End(ref Worker.Stats.ListenerManager.TotalFilterChainsDraining);
        }

        if (_isLeft && _firstConnection is null)
        {
            _isLeft = false;
            _scopes.Drain.End(ref Worker.Stats.ListenerManager.TotalListenersDraining);
        }
    }

    /// <summary>A connection that a filter chain served is closed.</summary>
    public void OnServed(Acceptance acceptance)
    {
        acceptance.Stats.DownstreamCxActive--;
        acceptance.Stats.DownstreamCxDestroy++;
        acceptance.Stats.DownstreamCxLengthMs.Record((Worker.Loop.NowUs - acceptance.AtUs) / 1000);
        acceptance.Pass?.Leave(acceptance.Pass.Gates.Count);
        OnDropped(acceptance);
    }

    /// <summary>A connection is closed that no filter chain has served, or did serve.</summary>
    public void OnDropped(Acceptance acceptance)
    {
        LimitFor(acceptance)?.Return();

        if (!_listener.IsStatic)
        {
            Listeners.OnConnectionClosed();
        }
    }

    // The gateway's own pages have a limit of their own: they answer when all others are full, and take no descriptors from them.
    private ConnectionLimit? LimitFor(Acceptance acceptance) => _listener.IsStatic ? Listeners.PageConnectionLimit : acceptance.IsCounted ? Listeners.ConnectionLimit : null;

    // As Envoy counts: what no chain is for was never a connection.
    private static void Accept(WorkerFilterChain chain, Connection connection, ConnectionTraits? traits, Acceptance acceptance)
    {
        acceptance.Stats.DownstreamCxTotal++;
        acceptance.Stats.DownstreamCxActive++;
        chain.Accept(connection, traits, acceptance);
    }

    private void Apply(RuntimeListener listener)
    {
        _listener = listener;
        ListenerScopes scopes = Listeners.ListenerScopes.Of(listener);
        _scopes = scopes;
        Stats = scopes.Listener.ForWorker(Worker.Index);
        TlsStats = scopes.Tls?.ForWorker(Worker.Index);
        _accessLogs = scopes.AccessLogs;
        Dictionary<(FilterChainMatch, bool), WorkerFilterChain> known = [];
        foreach (WorkerFilterChain chain in _chains.Values)
        {
            known[chain.Identity] = chain;
        }

        // A chain that is still there, in whatever version, keeps its connections.
        Dictionary<RuntimeFilterChain, WorkerFilterChain> chains = [];
        foreach (RuntimeFilterChain chain in listener.AllFilterChains.Where(static chain => !chain.IsUnavailable))
        {
            if (!known.Remove(WorkerFilterChain.IdentityOf(chain), out WorkerFilterChain? worker))
            {
                worker = chain.Http is null ? new WorkerTcpChain(this) : new WorkerHttpChain(this);
            }

            worker.Update(chain, scopes.Chains[chain]);
            chains.Add(chain, worker);
        }

        _chains = chains;
        _direct = listener.Direct is { } direct ? chains[direct] : null;
        if (known.Count > 0)
        {
            Drain(known.Values);
        }
    }

    private void Drain(IReadOnlyCollection<WorkerFilterChain> removed)
    {
        ForEach(connection =>
        {
            if (connection.Chain is { } chain && removed.Contains(chain))
            {
                NoteLeft(chain);
            }
        });
        foreach (WorkerFilterChain chain in removed)
        {
            chain.IsRemoved = true;
        }

        ForEach(static connection =>
        {
            if (connection.Chain is { IsRemoved: true })
            {
                connection.Drain(DrainReason.Removed);
            }
        });
    }

    private void NoteLeft()
    {
        if (IsClosed && !_isLeft && _firstConnection is not null)
        {
            _isLeft = true;
            _scopes.Drain.Begin(ref Worker.Stats.ListenerManager.TotalListenersDraining);
        }
    }

    private static void NoteLeft(WorkerFilterChain chain)
    {
        if (++chain.LeftConnections == 1)
        {
            chain.Scopes.Drain.Begin(ref chain.Worker.Stats.ListenerManager.TotalFilterChainsDraining);
        }
    }
}
