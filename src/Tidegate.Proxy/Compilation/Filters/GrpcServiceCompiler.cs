using System.Text;
using Envoy.Config.Core.V3;
using Tidegate.Proxy.Fields;

namespace Tidegate.Proxy.Compilation.Filters;

/// <summary>Compiles what the configurations of all filters that call a gRPC service say of the calls (Envoy: <c>GrpcService</c>).</summary>
internal static class GrpcServiceCompiler
{
    /// <summary>Under which host the service is called.</summary>
    public static byte[] Authority(GrpcService.Types.EnvoyGrpc service) => Encoding.ASCII.GetBytes(service.Authority.Length > 0 ? service.Authority : service.ClusterName);

    /// <summary>Fields that calls have beside the others.</summary>
    public static (byte[] Name, byte[] Value)[] InitialMetadata(GrpcService service, CompileScope scope) =>
        [.. service.InitialMetadata.Select((field, i) => Field(field, scope.At("initial_metadata", i)))];

    private static (byte[] Name, byte[] Value) Field(HeaderValue field, CompileScope scope)
    {
        byte[] name = Encoding.UTF8.GetBytes(field.Key.ToLowerInvariant());
        byte[] value = field.RawValue.IsEmpty ? Encoding.UTF8.GetBytes(field.Value) : field.RawValue.ToByteArray();
        scope.RefuseIf(!HeaderMutationRules.IsValid(name, value), $"\"{field.Key}\" with that value is no field");
        scope.NoteIf(field.Value.Contains('%', StringComparison.Ordinal), "the value is sent as it stands");
        return (name, value);
    }
}
