using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tidegate.Hosting.Background;
using Tidegate.Pilot.Snapshots;
using Tidegate.Pilot.Sources;
using Tidegate.Xds;

namespace Tidegate.Pilot.Tests.Snapshots;

public sealed class PilotServerTests
{
    private const string Gateway = """
        apiVersion: networking.istio.io/v1
        kind: Gateway
        metadata: {name: shop, namespace: prod}
        spec:
          selector: {istio: ingressgateway}
          servers:
          - port: {number: 80, name: http, protocol: HTTP}
            hosts: ["*.example.com"]
        """;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_first_push_waits_for_the_first_scan_and_has_everything()
    {
        var store = new ObjectStore(NullLogger<ObjectStore>.Instance, TimeProvider.System);
        var sink = new RecordingSink();
        await using var server = Server(store, sink);
        server.Start();
        Assert.False(server.FirstPush.IsCompleted);

        Update(store, Gateway);
        var push = await server.FirstPush.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.Equal(["BlackHoleCluster", "http.8080", "0.0.0.0_8080"], push.Delta.Changed.Select(resource => resource.Name.Name));
        Assert.Equal("istio-ingressgateway", Assert.Single(push.GatewayServices).Name);
        Assert.Same(push, server.Last);
    }

    [Fact]
    public async Task An_empty_directory_is_a_configuration_too()
    {
        var store = new ObjectStore(NullLogger<ObjectStore>.Instance, TimeProvider.System);
        var sink = new RecordingSink();
        await using var server = Server(store, sink);
        Update(store, "");
        server.Start();
        var push = await server.FirstPush.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.Equal(["BlackHoleCluster"], push.Delta.Changed.Select(resource => resource.Name.Name));
    }

    [Fact]
    public async Task A_later_push_has_only_what_changed()
    {
        var store = new ObjectStore(NullLogger<ObjectStore>.Instance, TimeProvider.System);
        var sink = new RecordingSink();
        await using var server = Server(store, sink);
        Update(store, Gateway);
        server.Start();
        await sink.NextAsync(Cancellation);

        Update(store, Gateway.Replace("number: 80", "number: 443", StringComparison.Ordinal));
        var delta = await sink.NextAsync(Cancellation);

        Assert.Equal(["http.8443", "0.0.0.0_8443"], delta.Changed.Select(resource => resource.Name.Name));
        Assert.Equal(["0.0.0.0_8080", "http.8080"], delta.Removed.Select(name => name.Name));
    }

    [Fact]
    public async Task Changes_during_a_push_go_together_into_the_next_one()
    {
        var store = new ObjectStore(NullLogger<ObjectStore>.Instance, TimeProvider.System);
        var sink = new RecordingSink { Gate = new SemaphoreSlim(0) };
        await using var server = Server(store, sink);
        Update(store, Gateway);
        server.Start();
        await sink.NextAsync(Cancellation);

        Update(store, Gateway.Replace("number: 80", "number: 81", StringComparison.Ordinal));
        Update(store, Gateway.Replace("number: 80", "number: 82", StringComparison.Ordinal));
        Update(store, Gateway.Replace("number: 80", "number: 83", StringComparison.Ordinal));
        sink.Gate.Release(100);
        var delta = await sink.NextAsync(Cancellation);

        Assert.Equal(["http.83", "0.0.0.0_83"], delta.Changed.Select(resource => resource.Name.Name));
    }

    [Fact]
    public async Task A_refused_resource_is_logged_with_the_objects_it_came_from()
    {
        var store = new ObjectStore(NullLogger<ObjectStore>.Instance, TimeProvider.System);
        var sink = new RecordingSink { Refuses = name => name.TypeUrl == XdsTypes.Route };
        var log = new RecordingLogger();
        await using var server = new PilotServer(store, sink, new PilotOptions(), log, new BackgroundWork(log, TimeProvider.System));
        Update(store, Gateway);
        server.Start();
        var push = await server.FirstPush.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);

        Assert.Equal("http.8080", Assert.Single(push.Rejections).Name.Name);
        Assert.Contains(log.Messages, message => message.Contains("Gateway prod/shop: spec.servers[0]: the proxy refuses it: no good; requests for it are answered with 503", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_sink_that_fails_is_asked_again_at_the_next_change()
    {
        var store = new ObjectStore(NullLogger<ObjectStore>.Instance, TimeProvider.System);
        var sink = new RecordingSink { FailsFirst = true };
        await using var server = Server(store, sink);
        Update(store, Gateway);
        server.Start();
        await sink.NextAsync(Cancellation);
        Update(store, Gateway.Replace("*.example.com", "*.example.org", StringComparison.Ordinal));
        var push = await server.FirstPush.WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
        Assert.Contains(push.Delta.Changed, resource => resource.Name.Name == "0.0.0.0_8080");
    }

    private static PilotServer Server(ObjectStore store, IXdsSink sink) =>
        new(store, sink, new PilotOptions(), NullLogger<PilotServer>.Instance, new BackgroundWork(NullLogger.Instance, TimeProvider.System));

    private static void Update(ObjectStore store, string yaml) =>
        store.Join().Update(new Dictionary<string, Manifest> { ["test.yaml"] = new ManifestReader("default").Read("test.yaml", yaml) }, []);

    private sealed class RecordingSink : IXdsSink
    {
        private readonly System.Threading.Channels.Channel<XdsDelta> _deltas = System.Threading.Channels.Channel.CreateUnbounded<XdsDelta>();
        private bool _failed;

        public SemaphoreSlim? Gate { get; init; }

        public bool FailsFirst { get; init; }

        public Func<XdsName, bool> Refuses { get; init; } = _ => false;

        public async Task<XdsDelta> NextAsync(CancellationToken cancellation) => await _deltas.Reader.ReadAsync(cancellation);

        public async Task<IReadOnlyList<XdsRejection>> ApplyAsync(XdsDelta delta)
        {
            _deltas.Writer.TryWrite(delta);
            if (FailsFirst && !_failed)
            {
                _failed = true;
                throw new InvalidOperationException("not now");
            }
            if (Gate is not null)
            {
                await Gate.WaitAsync(Cancellation);
            }
            return [.. delta.Changed.Where(resource => Refuses(resource.Name)).Select(resource => new XdsRejection(resource.Name, resource.Version, "no good"))];
        }
    }

    private sealed class RecordingLogger : ILogger<PilotServer>
    {
        public ConcurrentQueue<string> Messages { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Messages.Enqueue(formatter(state, exception));
    }
}
