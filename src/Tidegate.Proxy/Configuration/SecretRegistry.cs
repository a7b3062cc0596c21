using Envoy.Extensions.TransportSockets.Tls.V3;
using Tidegate.Proxy.Compilation;
using Tidegate.Proxy.Tls.Secrets;

namespace Tidegate.Proxy.Configuration;

/// <summary>
/// The secrets in force, by name (Envoy: SDS). A version that does not compile is refused, and the last good one stays. What it shows has no
/// keys. All members are called under the lock of <see cref="RuntimeConfiguration"/>.
/// </summary>
internal sealed class SecretRegistry(TimeProvider time)
{
    /// <summary>What is known of secrets; the messages in it are without keys.</summary>
    public ResourceTable<RuntimeSecret> Secrets { get; } = new(time);

    /// <summary>The places of all secrets that are there or were asked for.</summary>
    public SecretSlotTable Slots { get; } = new();

    /// <summary>Compiles a secret and puts it in force. When it is refused the reasons are in the report.</summary>
    public void Apply(Secret secret, string version, bool isStatic, CompileReport report)
    {
        SecretSlot slot = Slots.Of(secret.Name);
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

    /// <summary>Forgets the places of secrets that are not there and that nobody asks for any more, and with them the keys of the last versions.</summary>
    /// <param name="isAskedFor">The places that listeners and clusters hold.</param>
    public void ForgetUnused(IReadOnlySet<SecretSlot> isAskedFor)
    {
        foreach (string name in Slots.Names)
        {
            if (!isAskedFor.Contains(Slots.Of(name)) && !Secrets.TryGet(name, out _))
            {
                Slots.Forget(name);
            }
        }
    }

    /// <summary>
    /// A secret is gone. Handshakes go on with its last version, as Envoy does, so that nobody is locked out by an object that is being
    /// replaced.
    /// </summary>
    public void Remove(string name) => Secrets.Remove(name, out _);
}
