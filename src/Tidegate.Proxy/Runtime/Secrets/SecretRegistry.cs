using Envoy.Extensions.TransportSockets.Tls.V3;
using Tidegate.Proxy.Runtime.Compilation;

namespace Tidegate.Proxy.Runtime.Secrets;

/// <summary>
/// The secrets in force, by name (Envoy: SDS). A version that does not compile is refused, and the last good one stays. What it shows has no
/// keys. All members are called under the lock of <see cref="RuntimeConfiguration"/>.
/// </summary>
internal sealed class SecretRegistry(TimeProvider time)
{
    private readonly Dictionary<string, SecretSlot> _slots = [];

    /// <summary>What is known of secrets; the messages in it are without keys.</summary>
    public ResourceTable<RuntimeSecret> Secrets { get; } = new(time);

    /// <summary>The names of all secrets that are there or were asked for.</summary>
    public IEnumerable<string> Names => _slots.Keys;

    /// <summary>The place of a secret; made when it is asked for the first time.</summary>
    public SecretSlot SlotOf(string name)
    {
        if (!_slots.TryGetValue(name, out SecretSlot? slot))
        {
            slot = new SecretSlot(name);
            _slots.Add(name, slot);
        }

        return slot;
    }

    /// <summary>Compiles a secret and puts it in force. When it is refused the reasons are in the report.</summary>
    public void Apply(Secret secret, string version, bool isStatic, CompileReport report)
    {
        SecretSlot slot = SlotOf(secret.Name);
        RuntimeSecret? compiled = SecretCompiler.Compile(secret, slot.Current, time, report.Root);
        if (compiled is null || report.Resource.IsRefused)
        {
            return;
        }

        slot.Current = compiled;
        Secrets.Accept(secret.Name, version, SecretCompiler.Redact(secret), compiled, isStatic);
    }

    /// <summary>Notes a version that was refused.</summary>
    public void Refuse(Secret secret, string version, string reason) => Secrets.Refuse(secret.Name, version, SecretCompiler.Redact(secret), reason);

    /// <summary>
    /// A secret is gone. Handshakes go on with its last version, as Envoy does, so that nobody is locked out by an object that is being
    /// replaced.
    /// </summary>
    public void Remove(string name) => Secrets.Remove(name, out _);
}
