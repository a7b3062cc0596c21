using System.Collections.Frozen;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Reflection = System.Reflection;

namespace Tidegate.Tests.Architecture;

/// <summary>One instruction that names a member.</summary>
/// <param name="Type">The full name of the type whose method it is in; nested types after a dot.</param>
/// <param name="Method">The method.</param>
/// <param name="Code">What is done with the member.</param>
/// <param name="Member">The member's full name; empty for one of a generic type.</param>
internal readonly record struct MemberUse(string Type, string Method, OpCode Code, string Member);

/// <summary>What the instructions of assemblies do with which members.</summary>
internal static class CompiledCode
{
    private static readonly FrozenDictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(Reflection.BindingFlags.Public | Reflection.BindingFlags.Static)
        .Select(static field => (OpCode)field.GetValue(null)!)
        .ToFrozenDictionary(static code => code.Value);

    /// <summary>All uses of methods and fields, in the order of the instructions.</summary>
    public static IEnumerable<MemberUse> UsesOf(IEnumerable<Reflection.Assembly> assemblies)
    {
        foreach (Reflection.Assembly assembly in assemblies)
        {
            using var file = new PEReader(File.OpenRead(assembly.Location));
            MetadataReader metadata = file.GetMetadataReader();
            foreach (MethodDefinitionHandle handle in metadata.MethodDefinitions)
            {
                MethodDefinition method = metadata.GetMethodDefinition(handle);
                if (method.RelativeVirtualAddress == 0)
                {
                    continue;
                }

                string type = NameOf(metadata, method.GetDeclaringType());
                string name = metadata.GetString(method.Name);
                foreach ((OpCode code, string member) in UsesIn(metadata, file.GetMethodBody(method.RelativeVirtualAddress).GetILReader()))
                {
                    yield return new MemberUse(type, name, code, member);
                }
            }
        }
    }

    /// <summary>The full name of a type as <see cref="MemberUse"/> has it.</summary>
    public static string NameOf(Type type) => type.FullName!.Replace('+', '.');

    private static List<(OpCode Code, string Member)> UsesIn(MetadataReader metadata, BlobReader instructions)
    {
        List<(OpCode, string)> uses = [];
        while (instructions.RemainingBytes > 0)
        {
            byte first = instructions.ReadByte();
            OpCode code = OpCodesByValue[first == 0xFE ? (short)(0xFE00 | instructions.ReadByte()) : first];
            if (code.OperandType is OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineField)
            {
                uses.Add((code, MemberName(metadata, MetadataTokens.EntityHandle(instructions.ReadInt32()))));
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

        return uses;
    }

    private static string MemberName(MetadataReader metadata, EntityHandle handle)
    {
        switch (handle.Kind)
        {
            case HandleKind.MethodDefinition:
                MethodDefinition method = metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                return $"{NameOf(metadata, method.GetDeclaringType())}.{metadata.GetString(method.Name)}";
            case HandleKind.FieldDefinition:
                FieldDefinition field = metadata.GetFieldDefinition((FieldDefinitionHandle)handle);
                return $"{NameOf(metadata, field.GetDeclaringType())}.{metadata.GetString(field.Name)}";
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
