using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Reflection = System.Reflection;

namespace Tidegate.EndToEnd.Tests.Architecture;

/// <summary>One use of a type by another of the same assembly; nested types count as those they stand in.</summary>
/// <param name="Folder">The folder of the user, below its project: its namespace.</param>
/// <param name="User">The type that uses.</param>
/// <param name="Member">The member of it that does.</param>
/// <param name="UsedFolder">The folder of what is used.</param>
/// <param name="Used">The type that is used.</param>
internal readonly record struct TypeUse(string Folder, string User, string Member, string UsedFolder, string Used);

/// <summary>
/// Which types of an assembly use which others of it, from its metadata: what they inherit, their members' signatures, attributes, and the instructions and locals of
/// their methods. Constants are not seen: the compiler has put their values where they were named.
/// </summary>
internal sealed class TypeUses : ISignatureTypeProvider<ImmutableArray<TypeDefinitionHandle>, object?>
{
    private static readonly FrozenDictionary<short, OpCode> OpCodesByValue = typeof(OpCodes)
        .GetFields(Reflection.BindingFlags.Public | Reflection.BindingFlags.Static)
        .Select(static field => (OpCode)field.GetValue(null)!)
        .ToFrozenDictionary(static code => code.Value);

    private readonly HashSet<TypeUse> _uses = [];
    private readonly MetadataReader _metadata;
    private readonly string _root;
    private TypeDefinitionHandle _user;
    private string _member = string.Empty;

    private TypeUses(PEReader file, string root)
    {
        _metadata = file.GetMetadataReader();
        _root = root;
        foreach (TypeDefinitionHandle handle in _metadata.TypeDefinitions)
        {
            CollectType(file, handle);
        }
    }

    /// <summary>Reads an assembly.</summary>
    /// <param name="path">Its file.</param>
    /// <param name="root">The namespace of its project's own folder.</param>
    public static IReadOnlyCollection<TypeUse> Of(string path, string root)
    {
        using var file = new PEReader(File.OpenRead(path));
        return new TypeUses(file, root)._uses;
    }

    private void CollectType(PEReader file, TypeDefinitionHandle handle)
    {
        TypeDefinition type = _metadata.GetTypeDefinition(handle);
        _user = Outermost(handle);

        // The compiler's own nested types (closures, state machines) tell whose they are in their names; so do their methods.
        string name = _metadata.GetString(type.Name);
        _member = name;
        Use(type.BaseType);
        foreach (InterfaceImplementationHandle implemented in type.GetInterfaceImplementations())
        {
            Use(_metadata.GetInterfaceImplementation(implemented).Interface);
        }

        Use(type.GetGenericParameters());
        Use(type.GetCustomAttributes());
        string prefix = handle == _user ? string.Empty : $"{name}.";
        foreach (FieldDefinitionHandle declared in type.GetFields())
        {
            FieldDefinition field = _metadata.GetFieldDefinition(declared);
            _member = prefix + _metadata.GetString(field.Name);
            Use(field.DecodeSignature(this, null));
            Use(field.GetCustomAttributes());
        }

        foreach (MethodDefinitionHandle declared in type.GetMethods())
        {
            MethodDefinition method = _metadata.GetMethodDefinition(declared);
            _member = prefix + _metadata.GetString(method.Name);
            Use(method.DecodeSignature(this, null));
            Use(method.GetGenericParameters());
            Use(method.GetCustomAttributes());
            if (method.RelativeVirtualAddress != 0)
            {
                CollectBody(file.GetMethodBody(method.RelativeVirtualAddress));
            }
        }
    }

    private void CollectBody(MethodBodyBlock body)
    {
        if (!body.LocalSignature.IsNil)
        {
            foreach (ImmutableArray<TypeDefinitionHandle> local in _metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(this, null))
            {
                Use(local);
            }
        }

        foreach (ExceptionRegion region in body.ExceptionRegions)
        {
            Use(region.CatchType);
        }

        BlobReader instructions = body.GetILReader();
        while (instructions.RemainingBytes > 0)
        {
            byte first = instructions.ReadByte();
            OpCode code = OpCodesByValue[first == 0xFE ? (short)(0xFE00 | instructions.ReadByte()) : first];
            if (code.OperandType is OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineField or OperandType.InlineType)
            {
                Use(MetadataTokens.EntityHandle(instructions.ReadInt32()));
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

    private void Use(EntityHandle handle)
    {
        if (handle.IsNil)
        {
            return;
        }

        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                Use((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeSpecification:
                Use(_metadata.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null));
                break;
            case HandleKind.MethodDefinition:
                MethodDefinition method = _metadata.GetMethodDefinition((MethodDefinitionHandle)handle);
                Use(method.GetDeclaringType());
                Use(method.DecodeSignature(this, null));
                break;
            case HandleKind.FieldDefinition:
                FieldDefinition field = _metadata.GetFieldDefinition((FieldDefinitionHandle)handle);
                Use(field.GetDeclaringType());
                Use(field.DecodeSignature(this, null));
                break;
            case HandleKind.MethodSpecification:
                MethodSpecification generic = _metadata.GetMethodSpecification((MethodSpecificationHandle)handle);
                Use(generic.Method);
                foreach (ImmutableArray<TypeDefinitionHandle> argument in generic.DecodeSignature(this, null))
                {
                    Use(argument);
                }

                break;
            case HandleKind.MemberReference:
                MemberReference member = _metadata.GetMemberReference((MemberReferenceHandle)handle);
                Use(member.Parent);
                if (member.GetKind() == MemberReferenceKind.Method)
                {
                    Use(member.DecodeMethodSignature(this, null));
                }
                else
                {
                    Use(member.DecodeFieldSignature(this, null));
                }

                break;
        }
    }

    private void Use(MethodSignature<ImmutableArray<TypeDefinitionHandle>> signature)
    {
        Use(signature.ReturnType);
        foreach (ImmutableArray<TypeDefinitionHandle> parameter in signature.ParameterTypes)
        {
            Use(parameter);
        }
    }

    private void Use(GenericParameterHandleCollection parameters)
    {
        foreach (GenericParameterHandle parameter in parameters)
        {
            foreach (GenericParameterConstraintHandle constraint in _metadata.GetGenericParameter(parameter).GetConstraints())
            {
                Use(_metadata.GetGenericParameterConstraint(constraint).Type);
            }
        }
    }

    private void Use(CustomAttributeHandleCollection attributes)
    {
        foreach (CustomAttributeHandle attribute in attributes)
        {
            Use(_metadata.GetCustomAttribute(attribute).Constructor);
        }
    }

    private void Use(ImmutableArray<TypeDefinitionHandle> types)
    {
        foreach (TypeDefinitionHandle type in types)
        {
            Use(type);
        }
    }

    private void Use(TypeDefinitionHandle handle)
    {
        TypeDefinitionHandle used = Outermost(handle);
        if (used != _user && FolderOf(_user) is { } folder && FolderOf(used) is { } usedFolder)
        {
            _uses.Add(new TypeUse(folder, NameOf(_user), _member, usedFolder, NameOf(used)));
        }
    }

    private TypeDefinitionHandle Outermost(TypeDefinitionHandle handle)
    {
        while (_metadata.GetTypeDefinition(handle).GetDeclaringType() is { IsNil: false } outer)
        {
            handle = outer;
        }

        return handle;
    }

    private string NameOf(TypeDefinitionHandle handle) => _metadata.GetString(_metadata.GetTypeDefinition(handle).Name);

    // Null for what the compiler and its generators add in namespaces of their own.
    private string? FolderOf(TypeDefinitionHandle handle)
    {
        string name = _metadata.GetString(_metadata.GetTypeDefinition(handle).Namespace);
        return name == _root ? string.Empty : name.StartsWith($"{_root}.", StringComparison.Ordinal) ? name[(_root.Length + 1)..].Replace('.', '/') : null;
    }

    ImmutableArray<TypeDefinitionHandle> ISimpleTypeProvider<ImmutableArray<TypeDefinitionHandle>>.GetPrimitiveType(PrimitiveTypeCode typeCode) => [];

    ImmutableArray<TypeDefinitionHandle> ISimpleTypeProvider<ImmutableArray<TypeDefinitionHandle>>.GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => [handle];

    ImmutableArray<TypeDefinitionHandle> ISimpleTypeProvider<ImmutableArray<TypeDefinitionHandle>>.GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => [];

    ImmutableArray<TypeDefinitionHandle> ISZArrayTypeProvider<ImmutableArray<TypeDefinitionHandle>>.GetSZArrayType(ImmutableArray<TypeDefinitionHandle> elementType) => elementType;

    ImmutableArray<TypeDefinitionHandle> IConstructedTypeProvider<ImmutableArray<TypeDefinitionHandle>>.GetArrayType(ImmutableArray<TypeDefinitionHandle> elementType, ArrayShape shape) => elementType;

    ImmutableArray<TypeDefinitionHandle> IConstructedTypeProvider<ImmutableArray<TypeDefinitionHandle>>.GetByReferenceType(ImmutableArray<TypeDefinitionHandle> elementType) => elementType;

    ImmutableArray<TypeDefinitionHandle> IConstructedTypeProvider<ImmutableArray<TypeDefinitionHandle>>.GetPointerType(ImmutableArray<TypeDefinitionHandle> elementType) => elementType;

    ImmutableArray<TypeDefinitionHandle> IConstructedTypeProvider<ImmutableArray<TypeDefinitionHandle>>.GetGenericInstantiation(
        ImmutableArray<TypeDefinitionHandle> genericType, ImmutableArray<ImmutableArray<TypeDefinitionHandle>> typeArguments) => [.. genericType, .. typeArguments.SelectMany(static argument => argument)];

    ImmutableArray<TypeDefinitionHandle> ISignatureTypeProvider<ImmutableArray<TypeDefinitionHandle>, object?>.GetTypeFromSpecification(
        MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) => reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    ImmutableArray<TypeDefinitionHandle> ISignatureTypeProvider<ImmutableArray<TypeDefinitionHandle>, object?>.GetFunctionPointerType(MethodSignature<ImmutableArray<TypeDefinitionHandle>> signature) =>
        [.. signature.ReturnType, .. signature.ParameterTypes.SelectMany(static parameter => parameter)];

    ImmutableArray<TypeDefinitionHandle> ISignatureTypeProvider<ImmutableArray<TypeDefinitionHandle>, object?>.GetGenericMethodParameter(object? genericContext, int index) => [];

    ImmutableArray<TypeDefinitionHandle> ISignatureTypeProvider<ImmutableArray<TypeDefinitionHandle>, object?>.GetGenericTypeParameter(object? genericContext, int index) => [];

    ImmutableArray<TypeDefinitionHandle> ISignatureTypeProvider<ImmutableArray<TypeDefinitionHandle>, object?>.GetModifiedType(
        ImmutableArray<TypeDefinitionHandle> modifier, ImmutableArray<TypeDefinitionHandle> unmodifiedType, bool isRequired) => [.. modifier, .. unmodifiedType];

    ImmutableArray<TypeDefinitionHandle> ISignatureTypeProvider<ImmutableArray<TypeDefinitionHandle>, object?>.GetPinnedType(ImmutableArray<TypeDefinitionHandle> elementType) => elementType;
}
