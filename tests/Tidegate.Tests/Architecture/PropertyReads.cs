using System.Collections.Frozen;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Reflection = System.Reflection;

namespace Tidegate.Tests.Architecture;

/// <summary>Which methods of some assemblies read which properties, from their instructions.</summary>
internal sealed class PropertyReads
{
    private static readonly FrozenDictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(Reflection.BindingFlags.Public | Reflection.BindingFlags.Static)
        .Select(static field => (OpCode)field.GetValue(null)!)
        .ToFrozenDictionary(static code => code.Value);

    private readonly HashSet<string> _read = [];

    /// <summary>Reads the instructions of assemblies.</summary>
    /// <param name="assemblies">The assemblies.</param>
    /// <param name="counts">Whether a method counts, by its type's full name and its own.</param>
    public PropertyReads(IEnumerable<Reflection.Assembly> assemblies, Func<string, string, bool> counts)
    {
        foreach (Reflection.Assembly assembly in assemblies)
        {
            using var file = new PEReader(File.OpenRead(assembly.Location));
            MetadataReader metadata = file.GetMetadataReader();
            foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
            {
                MethodDefinition method = metadata.GetMethodDefinition(handle);
                if (method.RelativeVirtualAddress != 0 && counts(NameOf(metadata, method.GetDeclaringType()), metadata.GetString(method.Name)))
                {
                    Collect(metadata, file.GetMethodBody(method.RelativeVirtualAddress).GetILReader());
                }
            }
        }
    }

    /// <summary>Whether a property is read.</summary>
    public bool Has(Reflection.PropertyInfo property) => _read.Contains($"{property.DeclaringType!.FullName!.Replace('+', '.')}.get_{property.Name}");

    private void Collect(MetadataReader metadata, BlobReader instructions)
    {
        while (instructions.RemainingBytes > 0)
        {
            byte first = instructions.ReadByte();
            OpCode code = OpCodesByValue[first == 0xFE ? (short)(0xFE00 | instructions.ReadByte()) : first];
            if (code.OperandType is OperandType.InlineMethod or OperandType.InlineTok)
            {
                _read.Add(MethodName(metadata, System.Reflection.Metadata.Ecma335.MetadataTokens.EntityHandle(instructions.ReadInt32())));
                continue;
            }

            int length = code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 * instructions.ReadInt32(),
                _ => 4,
            };
            instructions.Offset += length;
        }
    }

    private static string MethodName(MetadataReader metadata, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.MethodDefinition:
                MethodDefinition method = metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                return $"{NameOf(metadata, method.GetDeclaringType())}.{metadata.GetString(method.Name)}";
            case HandleKind.MemberReference:
                MemberReference member = metadata.GetMemberReference((MemberReferenceHandle)handle);
                return $"{NameOf(metadata, member.Parent)}.{metadata.GetString(member.Name)}";
            default:
                return string.Empty;
        }
    }

    private static string NameOf(MetadataReader metadata, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                TypeDefinition type = metadata.GetTypeDefinition((TypeDefinitionHandle)handle);
                string name = metadata.GetString(type.Name);
                return type.IsNested ? $"{NameOf(metadata, type.GetDeclaringType())}.{name}" : $"{metadata.GetString(type.Namespace)}.{name}";
            case HandleKind.TypeReference:
                TypeReference reference = metadata.GetTypeReference((TypeReferenceHandle)handle);
                string own = metadata.GetString(reference.Name);
                return reference.ResolutionScope.Kind == HandleKind.TypeReference
                    ? $"{NameOf(metadata, reference.ResolutionScope)}.{own}"
                    : $"{metadata.GetString(reference.Namespace)}.{own}";
            default:
                return string.Empty;
        }
    }
}
