using System.Globalization;
using System.Text;

namespace Tidegate.EndToEnd.Tests.Harness;

/// <summary>
/// A gateway with many backends behind it, each with a host name of its own (<c>b0.test</c>, <c>b1.test</c>, ...), so that the
/// tests of a class share the process and nothing else: each takes a backend that no other test has used.
/// </summary>
public class BackendPool : IAsyncLifetime
{
    private readonly List<ScriptedBackend> _backends = [];
    private GatewayProcess? _gateway;
    private int _taken;

    /// <summary>The gateway.</summary>
    public GatewayProcess Gateway => _gateway ?? throw new InvalidOperationException("not started");

    /// <summary>How many there are; enough for every test case of a class.</summary>
    protected virtual int Count => 80;

    /// <summary>More options of <c>tidegate run</c>.</summary>
    protected virtual string[] Options => [];

    /// <summary>More manifests.</summary>
    protected virtual string ExtraManifests => "";

    /// <summary>A backend that no test has used yet, and its host name.</summary>
    public (ScriptedBackend Backend, string Host) Take()
    {
        int index = Interlocked.Increment(ref _taken) - 1;
        return index < _backends.Count
            ? (_backends[index], HostOf(index))
            : throw new InvalidOperationException($"all {_backends.Count} backends are taken; raise {nameof(Count)}");
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var manifests = new StringBuilder(Manifests.HttpGateway());
        for (int i = 0; i < Count; i++)
        {
            _backends.Add(ScriptedBackend.Start(Loopback.Next()));
            manifests.Append(Manifests.Backend(HostOf(i), _backends[i]));
        }

        _gateway = await GatewayProcess.StartAsync(manifests + ExtraManifests, Options);
        await _gateway.AnswersAsync(200, HostOf(Count - 1));
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (_gateway is not null)
        {
            await _gateway.DisposeAsync();
        }

        foreach (ScriptedBackend backend in _backends)
        {
            await backend.DisposeAsync();
        }
    }

    private static string HostOf(int index) => string.Create(CultureInfo.InvariantCulture, $"b{index}.test");
}
