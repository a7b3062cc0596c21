using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Tidegate.Pilot.Sources.Kubernetes;

namespace Tidegate.Pilot.Tests.Sources.Kubernetes;

/// <summary>
/// An API server in memory, with versions, pages, watches and a memory that ends; and with whatever else an answer can be: of each request a test decides what goes wrong.
/// </summary>
internal sealed class FakeCluster : IClusterApi
{
    /// <summary>The kinds that it has, by group; the core ones are always there.</summary>
    public Dictionary<string, string[]> Groups { get; } = new()
    {
        ["networking.istio.io"] = ["gateways", "virtualservices", "destinationrules", "serviceentries", "workloadentries", "proxyconfigs", "envoyfilters"],
        ["security.istio.io"] = ["authorizationpolicies", "requestauthentications"],
        ["discovery.k8s.io"] = ["endpointslices"],
    };

    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, (string Plural, int Version, JsonObject Object)> _objects = new(StringComparer.Ordinal);
    private readonly List<(string Plural, int Version, string Type, string Object)> _log = [];
    private readonly List<TaskCompletionSource> _waiting = [];
    private int _version = 100;
    private int _forgotten = 100;

    /// <summary>What goes wrong with a request; null for nothing.</summary>
    public Func<string, FakeFault?> Fault { get; set; } = static _ => null;

    /// <summary>What was asked for.</summary>
    public List<string> Asked { get; } = [];

    /// <summary>How many objects a page has at most; 0 is what is asked for.</summary>
    public int PageObjects { get; set; }

    /// <summary>The VirtualServices that there are, each with its host.</summary>
    public string[] Hosts
    {
        get
        {
            lock (_lock)
            {
                return [.. _objects.Values.Where(static each => each.Plural == "virtualservices").Select(static each => $"{each.Object["metadata"]!["name"]} {each.Object["spec"]!["hosts"]![0]}").Order(StringComparer.Ordinal)];
            }
        }
    }

    /// <summary>Makes or changes a VirtualService.</summary>
    public void Put(string name, string host, string timeout = "1s") => Change("virtualservices", name, new JsonObject
    {
        ["apiVersion"] = "networking.istio.io/v1",
        ["kind"] = "VirtualService",
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "shop", ["managedFields"] = new JsonArray(new JsonObject { ["manager"] = "kubectl" }) },
        ["spec"] = new JsonObject
        {
            ["hosts"] = new JsonArray(host),
            ["http"] = new JsonArray(new JsonObject { ["timeout"] = timeout, ["route"] = new JsonArray(new JsonObject { ["destination"] = new JsonObject { ["host"] = "backend" } }) }),
        },
    });

    /// <summary>Makes or changes an object.</summary>
    public void Change(string plural, string name, JsonObject content)
    {
        lock (_lock)
        {
            string type = _objects.ContainsKey($"{plural}/{name}") ? "MODIFIED" : "ADDED";
            content["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
            _objects[$"{plural}/{name}"] = (plural, _version, content);
            Tell(plural, type, content.ToJsonString());
        }
    }

    /// <summary>Deletes an object.</summary>
    public void Delete(string plural, string name)
    {
        lock (_lock)
        {
            if (_objects.Remove($"{plural}/{name}", out var gone))
            {
                gone.Object["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
                Tell(plural, "DELETED", gone.Object.ToJsonString());
            }
        }
    }

    /// <summary>Ends all watches, and forgets what happened until now: whoever goes on from before has to list again.</summary>
    public void Restart()
    {
        lock (_lock)
        {
            _version++;
            _forgotten = _version;
            _log.Clear();
            Wake();
        }
    }

    /// <summary>Tells watches the newest version.</summary>
    public void Bookmark(string plural)
    {
        lock (_lock)
        {
            string version = (++_version).ToString(CultureInfo.InvariantCulture);
            Tell(plural, "BOOKMARK", $$$"""{"metadata":{"resourceVersion":"{{{version}}}"}}""");
        }
    }

    /// <inheritdoc/>
    public async Task<HttpResponseMessage> GetAsync(string path, CancellationToken cancellation)
    {
        await Task.Yield();
        lock (_lock)
        {
            Asked.Add(path);
        }

        FakeFault? fault = Fault(path);
        switch (fault?.Kind)
        {
            case FakeFaultKind.Refused:
                throw new HttpRequestException("connection refused");
            case FakeFaultKind.Hang:
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellation);
                break;
            case FakeFaultKind.Status:
                var failed = new HttpResponseMessage((HttpStatusCode)fault.Value) { Content = new StringContent(fault.Text) };
                failed.Headers.Add("Retry-After", "1");
                return failed;
            case FakeFaultKind.Body:
                return Answer(fault.Text);
        }

        string[] parts = path.Split('?', 2);
        var query = (parts.Length == 1 ? string.Empty : parts[1]).Split('&', StringSplitOptions.RemoveEmptyEntries).Select(static pair => pair.Split('=', 2)).ToDictionary(static pair => pair[0], static pair => Uri.UnescapeDataString(pair[1]));
        return Route(parts[0], query, fault);
    }

    /// <inheritdoc/>
    public void Dispose() => _waiting.Clear();

    private HttpResponseMessage Route(string path, Dictionary<string, string> query, FakeFault? fault)
    {
        string[] steps = path.Trim('/').Split('/');
        if (path == "/apis")
        {
            return Answer(new JsonObject
            {
                ["kind"] = "APIGroupList",
                ["groups"] = new JsonArray([.. Groups.Keys.Select(static group => new JsonObject { ["name"] = group, ["versions"] = new JsonArray(new JsonObject { ["groupVersion"] = $"{group}/v1" }) })]),
            }.ToJsonString());
        }

        string[] kinds = steps[0] == "api" ? ["services", "pods", "secrets", "configmaps", "namespaces"] : Groups.GetValueOrDefault(steps[1]) ?? [];
        int head = steps[0] == "api" ? 2 : 3;
        if (steps.Length == head && kinds.Length > 0)
        {
            return Answer(new JsonObject { ["kind"] = "APIResourceList", ["resources"] = new JsonArray([.. kinds.Select(static kind => new JsonObject { ["name"] = kind })]) }.ToJsonString());
        }

        string plural = steps[^1];
        return !kinds.Contains(plural) ? new HttpResponseMessage(HttpStatusCode.NotFound) { Content = new StringContent("404 page not found") }
            : query.ContainsKey("watch") ? Watch(plural, int.Parse(query["resourceVersion"], CultureInfo.InvariantCulture), fault)
            : List(plural, query);
    }

    private HttpResponseMessage List(string plural, Dictionary<string, string> query)
    {
        lock (_lock)
        {
            int limit = PageObjects > 0 ? PageObjects : int.Parse(query["limit"], CultureInfo.InvariantCulture);
            string from = string.Empty;
            int version = _version;
            if (query.TryGetValue("continue", out string? next))
            {
                string[] token = next.Split('|');
                (version, from) = (int.Parse(token[0], CultureInfo.InvariantCulture), token[1]);
                if (version < _forgotten)
                {
                    return new HttpResponseMessage(HttpStatusCode.Gone) { Content = new StringContent("""{"kind":"Status","code":410,"reason":"Expired","message":"The provided continue parameter is too old"}""") };
                }
            }

            var rest = _objects.Where(each => each.Value.Plural == plural && string.CompareOrdinal(each.Key, from) > 0).ToList();
            return Answer(new JsonObject
            {
                ["kind"] = KindOf(plural) + "List",
                ["metadata"] = new JsonObject { ["resourceVersion"] = version.ToString(CultureInfo.InvariantCulture), ["continue"] = rest.Count > limit ? $"{version}|{rest[limit - 1].Key}" : string.Empty },
                ["items"] = rest.Count == 0 ? null : new JsonArray([.. rest.Take(limit).Select(static each => each.Value.Object.DeepClone())]),
            }.ToJsonString());
        }
    }

    private HttpResponseMessage Watch(string plural, int version, FakeFault? fault)
    {
        if (version < _forgotten)
        {
            return Answer("""{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old resource version"}}""" + "\n");
        }

        return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(new WatchBody(this, plural, version, fault)) };
    }

    // Under the lock.
    private void Tell(string plural, string type, string content)
    {
        _log.Add((plural, _version, type, content));
        Wake();
    }

    private void Wake()
    {
        foreach (TaskCompletionSource waiting in _waiting)
        {
            waiting.TrySetResult();
        }

        _waiting.Clear();
    }

    private static string KindOf(string plural) => Tidegate.Pilot.Sources.Kinds.KnownKinds.All.First(kind => new ClusterCollection(kind).Plural == plural).Kind;

    private static HttpResponseMessage Answer(string body) => new(HttpStatusCode.OK) { Content = new StringContent(body) };

    // The events after a version, cut anywhere.
    private sealed class WatchBody(FakeCluster cluster, string plural, int version, FakeFault? fault) : Stream
    {
        private readonly Random _random = new(version);
        private byte[] _pending = [];
        private int _version = version;
        private int _events;
        private bool _isForgotten;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (_pending.Length == 0)
            {
                if (_isForgotten)
                {
                    return 0;
                }

                Task changed;
                lock (cluster._lock)
                {
                    if (cluster._forgotten > _version)
                    {
                        _isForgotten = true;
                        return 0;
                    }

                    var next = cluster._log.FirstOrDefault(each => each.Plural == plural && each.Version > _version);
                    if (next.Object is not null && fault?.Kind == FakeFaultKind.WatchEnd && _events == fault.Value)
                    {
                        return 0;
                    }

                    if (next.Object is not null && fault?.Kind == FakeFaultKind.WatchStall && _events == fault.Value)
                    {
                        next = default;
                    }

                    if (next.Object is not null)
                    {
                        _events++;
                        string line = $$"""{"type":"{{next.Type}}","object":{{next.Object}}}""" + "\n";
                        _pending = Encoding.UTF8.GetBytes(fault?.Kind == FakeFaultKind.WatchTwice ? line + line : line);
                        if (fault?.Kind == FakeFaultKind.WatchCut && _events > fault.Value)
                        {
                            _pending = _pending[..(_pending.Length / 2)];
                            (_isForgotten, fault) = (true, null);
                        }

                        _version = next.Version;
                        break;
                    }

                    var waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                    cluster._waiting.Add(waiting);
                    changed = waiting.Task;
                }

                await changed.WaitAsync(cancellationToken);
            }

            int count = Math.Min(Math.Min(buffer.Length, _pending.Length), 1 + _random.Next(200));
            _pending.AsMemory(0, count).CopyTo(buffer);
            _pending = _pending[count..];
            return count;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}

/// <summary>What goes wrong with one request.</summary>
/// <param name="Kind">What.</param>
/// <param name="Value">The status, or the number of events before it happens.</param>
/// <param name="Text">The body.</param>
internal sealed record FakeFault(FakeFaultKind Kind, int Value = 0, string Text = "");

/// <summary>How a request can go wrong.</summary>
internal enum FakeFaultKind
{
    /// <summary>There is no connection.</summary>
    Refused,

    /// <summary>There is no answer.</summary>
    Hang,

    /// <summary>The answer has another status.</summary>
    Status,

    /// <summary>The answer is 200 and something else.</summary>
    Body,

    /// <summary>The watch ends in order after some events.</summary>
    WatchEnd,

    /// <summary>The watch ends in the middle of an event.</summary>
    WatchCut,

    /// <summary>The watch says nothing more after some events.</summary>
    WatchStall,

    /// <summary>Each event comes twice.</summary>
    WatchTwice,
}
